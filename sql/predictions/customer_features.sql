-- One row per slice and buyer: all that was known before the cutoff and, where the time has passed, what came after.
-- Reads: basket_features, contact_features, customer_attributes, feature_cutoffs, orders, purchase_features.
with sales as (
    select
        customer_id,
        ordered_on,
        cast(net_amount * 100 as bigint) as net_fen
    from orders
    where is_purchase and customer_id is not null
),

finished as (
    select
        purchase_features.cutoff_on,
        purchase_features.customer_id
    from purchase_features
    inner join feature_cutoffs on purchase_features.cutoff_on = feature_cutoffs.cutoff_on
    where feature_cutoffs.has_outcome
),

later as (
    select
        finished.cutoff_on,
        finished.customer_id,
        count(*) filter (where date_diff('day', finished.cutoff_on, sales.ordered_on) < $horizon_days)
            as next_purchase_count,
        sum(sales.net_fen) filter (where date_diff('day', finished.cutoff_on, sales.ordered_on) < $horizon_days)
            as next_fen,
        count(*) filter (where date_diff('day', finished.cutoff_on, sales.ordered_on) < 365) as year_purchase_count,
        sum(sales.net_fen) filter (where date_diff('day', finished.cutoff_on, sales.ordered_on) < 365) as year_fen
    from sales
    inner join finished on sales.customer_id = finished.customer_id and sales.ordered_on >= finished.cutoff_on
    group by finished.cutoff_on, finished.customer_id
)

select
    bought.cutoff_on,
    bought.customer_id,
    feature_cutoffs.is_scored,
    bought.repeat_count,
    bought.span_days,
    bought.known_days,
    bought.since_last_days,
    bought.log_gap_sum,
    bought.last_gap_days,
    bought.longest_gap_days,
    bought.gap_deviation_days,
    bought.gap_trend_rate,
    bought.purchase_count,
    bought.purchases_30d_count,
    bought.purchases_90d_count,
    bought.purchases_180d_count,
    bought.purchases_365d_count,
    bought.season_purchase_count,
    bought.bought_amount,
    bought.bought_90d_amount,
    bought.bought_365d_amount,
    bought.last_bought_amount,
    bought.largest_bought_amount,
    bought.pieces_per_purchase,
    bought.lines_per_purchase,
    bought.discount_rate,
    bought.discounted_count,
    bought.store_purchase_count,
    bought.channel_count,
    bought.return_count,
    bought.returns_90d_count,
    bought.returned_rate,
    coalesce(basket_features.sku_count, 0) as sku_count,
    coalesce(basket_features.category_count, 0) as category_count,
    coalesce(contact_features.contact_180d_count, 0) as contact_180d_count,
    coalesce(contact_features.response_180d_count, 0) as response_180d_count,
    coalesce(contact_features.ticket_180d_count, 0) as ticket_180d_count,
    coalesce(contact_features.poor_ticket_count, 0) as poor_ticket_count,
    coalesce(contact_features.visits_30d_count, 0) as visits_30d_count,
    coalesce(contact_features.visits_90d_count, 0) as visits_90d_count,
    case
        when customer_attributes.registered_on < bought.cutoff_on
            then date_diff('day', customer_attributes.registered_on, bought.cutoff_on)
    end as member_days,
    case when feature_cutoffs.has_outcome then coalesce(later.next_purchase_count, 0) end as next_purchase_count,
    case when feature_cutoffs.has_outcome then cast(coalesce(later.next_fen, 0) as decimal(38, 2)) / 100 end
        as next_bought_amount,
    case when feature_cutoffs.has_year_outcome then coalesce(later.year_purchase_count, 0) end as year_purchase_count,
    case when feature_cutoffs.has_year_outcome then cast(coalesce(later.year_fen, 0) as decimal(38, 2)) / 100 end
        as year_bought_amount
from purchase_features as bought
inner join feature_cutoffs on bought.cutoff_on = feature_cutoffs.cutoff_on
left join basket_features
    on bought.cutoff_on = basket_features.cutoff_on and bought.customer_id = basket_features.customer_id
left join contact_features
    on bought.cutoff_on = contact_features.cutoff_on and bought.customer_id = contact_features.customer_id
left join customer_attributes on bought.customer_id = customer_attributes.customer_id
left join later on bought.cutoff_on = later.cutoff_on and bought.customer_id = later.customer_id
