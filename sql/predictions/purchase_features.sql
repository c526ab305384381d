-- One row per slice and buyer: rhythm, money, discounts and returns as they were known on the eve of the cutoff.
-- The net amount of an order knows refunds of any later day, so it is made anew: paid less the refunds of days before
-- the cutoff. A refund that an export tells without a day is taken to come $undated_refund_days after its order.
-- Reads: feature_cutoffs, orders, refunds.
with trade as (
    select
        order_key,
        customer_id,
        ordered_on,
        channel,
        store_id,
        quantity,
        line_count,
        cast(paid_amount * 100 as bigint) as paid_fen,
        cast(coalesce(discount_amount, 0) * 100 as bigint) as discount_fen,
        coalesce(discount_amount > 0, false) or coupon_code is not null as is_discounted
    from orders
    where
        customer_id is not null
        and paid_amount > 0
        and (excluded_because is null or excluded_because = 'fully_returned')
),

-- tonight's slice has everybody; the others are only made of the few who were drawn
drawn as (
    select
        customer_id,
        md5(concat('slice:', customer_id)) as draw
    from (select distinct customer_id from trade) as buyers_of_all_days
    where md5(concat('slice:', customer_id)) < (
        select max(slices.draw_below)
        from feature_cutoffs as slices
        where not slices.is_scored
    )
),

-- which customers a slice has, where it has not everybody
learnt as (
    select
        feature_cutoffs.cutoff_on,
        feature_cutoffs.has_year_before,
        drawn.customer_id
    from drawn
    cross join feature_cutoffs
    where not feature_cutoffs.is_scored and drawn.draw < feature_cutoffs.draw_below
),

seen as (
    select
        feature_cutoffs.cutoff_on,
        feature_cutoffs.has_year_before,
        trade.*,
        date_diff('day', trade.ordered_on, feature_cutoffs.cutoff_on) as age_days
    from trade
    cross join feature_cutoffs
    where feature_cutoffs.is_scored and trade.ordered_on < feature_cutoffs.cutoff_on
    union all
    select
        learnt.cutoff_on,
        learnt.has_year_before,
        trade.*,
        date_diff('day', trade.ordered_on, learnt.cutoff_on) as age_days
    from trade
    inner join learnt on trade.customer_id = learnt.customer_id and trade.ordered_on < learnt.cutoff_on
),

repaid as (
    select
        refunds.order_key,
        refunds.customer_id,
        refunds.is_netted,
        cast(refunds.refund_amount * 100 as bigint) as refund_fen,
        coalesce(refunds.refunded_on, trade.ordered_on) as dated_on,
        case when refunds.refunded_on is null then $undated_refund_days else 0 end as later_days
    from refunds
    left join trade on refunds.order_key = trade.order_key
    where refunds.customer_id is not null and refunds.refund_amount > 0
),

given_back as (
    select
        feature_cutoffs.cutoff_on,
        repaid.*,
        date_diff('day', repaid.dated_on, feature_cutoffs.cutoff_on) - repaid.later_days as age_days
    from repaid
    cross join feature_cutoffs
    where feature_cutoffs.is_scored
    union all
    select
        learnt.cutoff_on,
        repaid.*,
        date_diff('day', repaid.dated_on, learnt.cutoff_on) - repaid.later_days as age_days
    from repaid
    inner join learnt on repaid.customer_id = learnt.customer_id
),

netted as (
    select
        cutoff_on,
        order_key,
        sum(refund_fen) as refund_fen
    from given_back
    where is_netted and age_days > 0
    group by cutoff_on, order_key
),

returns as (
    select
        cutoff_on,
        customer_id,
        count(*) as return_count,
        count(*) filter (where age_days <= 90) as returns_90d_count,
        sum(refund_fen) as refund_fen
    from given_back
    where age_days > 0
    group by cutoff_on, customer_id
),

purchases as (
    select
        seen.*,
        seen.paid_fen - coalesce(netted.refund_fen, 0) as net_fen
    from seen
    left join netted on seen.cutoff_on = netted.cutoff_on and seen.order_key = netted.order_key
    where seen.paid_fen > coalesce(netted.refund_fen, 0)
),

bought_days as (
    select
        cutoff_on,
        customer_id,
        age_days,
        count(*) as purchase_count,
        count(*) filter (where age_days > 365 - $horizon_days and age_days <= 365 and has_year_before)
            as season_purchase_count,
        bool_and(has_year_before) as has_year_before,
        sum(net_fen) as net_fen,
        sum(paid_fen) as paid_fen,
        sum(discount_fen) as discount_fen,
        sum(quantity) as pieces,
        sum(line_count) as line_count,
        count(*) filter (where is_discounted) as discounted_count,
        count(store_id) as store_purchase_count
    from purchases
    group by cutoff_on, customer_id, age_days
),

channels as (
    select
        cutoff_on,
        customer_id,
        count(distinct channel) as channel_count
    from purchases
    group by cutoff_on, customer_id
),

gaps as (
    select
        *,
        lag(age_days) over (partition by cutoff_on, customer_id order by age_days desc) - age_days as gap_days
    from bought_days
),

buyers as (
    select
        cutoff_on,
        customer_id,
        count(*) - 1 as repeat_count,
        max(age_days) - min(age_days) as span_days,
        max(age_days) - 1 as known_days,
        min(age_days) - 1 as since_last_days,
        coalesce(sum(ln(gap_days)), 0) as log_gap_sum,
        min_by(gap_days, age_days) as last_gap_days,
        max(gap_days) as longest_gap_days,
        -- sums of whole numbers, so that the order of rows decides nothing
        sum(gap_days) as gap_sum,
        sum(gap_days * gap_days) as gap_square_sum,
        count(gap_days) as gap_count,
        sum(purchase_count) as purchase_count,
        coalesce(sum(purchase_count) filter (where age_days <= 30), 0) as purchases_30d_count,
        coalesce(sum(purchase_count) filter (where age_days <= 90), 0) as purchases_90d_count,
        coalesce(sum(purchase_count) filter (where age_days <= 180), 0) as purchases_180d_count,
        coalesce(sum(purchase_count) filter (where age_days <= 365), 0) as purchases_365d_count,
        sum(season_purchase_count) as season_purchase_count,
        bool_and(has_year_before) as has_year_before,
        sum(net_fen) as net_fen,
        coalesce(sum(net_fen) filter (where age_days <= 90), 0) as net_90d_fen,
        coalesce(sum(net_fen) filter (where age_days <= 365), 0) as net_365d_fen,
        min_by(net_fen, age_days) as last_fen,
        max(net_fen) as largest_fen,
        sum(paid_fen) as paid_fen,
        sum(discount_fen) as discount_fen,
        sum(pieces) as pieces,
        sum(line_count) as line_count,
        sum(discounted_count) as discounted_count,
        sum(store_purchase_count) as store_purchase_count
    from gaps
    group by cutoff_on, customer_id
)

select
    buyers.cutoff_on,
    buyers.customer_id,
    buyers.repeat_count,
    buyers.span_days,
    buyers.known_days,
    buyers.since_last_days,
    round(buyers.log_gap_sum, 6) as log_gap_sum,
    buyers.last_gap_days,
    buyers.longest_gap_days,
    case
        when buyers.gap_count >= 2
            then
                round(
                    sqrt(
                        (buyers.gap_count * buyers.gap_square_sum - buyers.gap_sum * buyers.gap_sum)
                        / cast(buyers.gap_count * buyers.gap_count as double)
                    ),
                    6
                )
    end as gap_deviation_days,
    case
        when buyers.gap_count >= 2
            then round(buyers.last_gap_days * buyers.gap_count / cast(buyers.gap_sum as double), 6)
    end as gap_trend_rate,
    buyers.purchase_count,
    buyers.purchases_30d_count,
    buyers.purchases_90d_count,
    buyers.purchases_180d_count,
    buyers.purchases_365d_count,
    case when buyers.has_year_before then buyers.season_purchase_count end as season_purchase_count,
    cast(buyers.net_fen as decimal(38, 2)) / 100 as bought_amount,
    cast(buyers.net_90d_fen as decimal(38, 2)) / 100 as bought_90d_amount,
    cast(buyers.net_365d_fen as decimal(38, 2)) / 100 as bought_365d_amount,
    cast(buyers.last_fen as decimal(38, 2)) / 100 as last_bought_amount,
    cast(buyers.largest_fen as decimal(38, 2)) / 100 as largest_bought_amount,
    round(cast(buyers.pieces as double) / buyers.purchase_count, 6) as pieces_per_purchase,
    round(buyers.line_count / cast(buyers.purchase_count as double), 6) as lines_per_purchase,
    round(buyers.discount_fen / cast(buyers.discount_fen + buyers.paid_fen as double), 6) as discount_rate,
    buyers.discounted_count,
    buyers.store_purchase_count,
    channels.channel_count,
    coalesce(returns.return_count, 0) as return_count,
    coalesce(returns.returns_90d_count, 0) as returns_90d_count,
    round(coalesce(returns.refund_fen, 0) / cast(buyers.paid_fen as double), 6) as returned_rate
from buyers
inner join channels on buyers.cutoff_on = channels.cutoff_on and buyers.customer_id = channels.customer_id
left join returns on buyers.cutoff_on = returns.cutoff_on and buyers.customer_id = returns.customer_id
