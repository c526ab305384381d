-- One row per customer, also those who never bought: what the ledger of purchases says on as_of.
-- The last n days are as_of - n + 1 … as_of, so a purchase is within them where its age is less than n days.
-- Reads: customer_attributes, orders.
with purchases as (
    select
        customer_id,
        ordered_on,
        net_amount,
        date_diff('day', ordered_on, cast($as_of as date)) as age_days
    from orders
    where is_purchase and customer_id is not null and ordered_on <= cast($as_of as date)
),

totals as (
    select
        customer_id,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on,
        min(age_days) as recency_days,
        count(*) as order_count,
        sum(net_amount) as net_amount,
        count(*) filter (where age_days < 30) as orders_30d_count,
        count(*) filter (where age_days < 60) as orders_60d_count,
        count(*) filter (where age_days < 90) as orders_90d_count,
        count(*) filter (where ordered_on >= cast($month_starts_on as date)) as this_month_order_count,
        count(*) filter (
            where ordered_on >= cast($last_month_starts_on as date) and ordered_on < cast($month_starts_on as date)
        ) as last_month_order_count,
        count(*) filter (where age_days < $growing_window_days) as growing_order_count,
        count(*) filter (where age_days < $active_window_days) as active_order_count,
        count(*) filter (where age_days < $warning_window_days) as warning_order_count
    from purchases
    group by customer_id
),

-- rfm.window_days limits frequency and money of the scores, nothing else
in_rfm_window as (
    select
        customer_id,
        count(*) as frequency,
        sum(net_amount) as monetary_amount
    from purchases
    where cast($rfm_window_days as bigint) is null or age_days < cast($rfm_window_days as bigint)
    group by customer_id
),

-- window 0 ends on as_of, window 1 on the day before it begins …
spend_windows as (
    select
        customer_id,
        age_days // $mature_window_days as window_number,
        cast(sum(net_amount) * 100 as decimal(38, 0)) as spend_fen
    from purchases
    where age_days < $mature_windows * $mature_window_days
    group by customer_id, age_days // $mature_window_days
),

steadiness as (
    select
        customer_id,
        count(*) as spend_window_count,
        sum(spend_fen) as window_spend_fen,
        sum(spend_fen * spend_fen) as window_spend_squares
    from spend_windows
    group by customer_id
)

select
    customer_attributes.customer_id,
    totals.first_order_on,
    totals.last_order_on,
    coalesce(totals.order_count, 0) as order_count,
    coalesce(totals.net_amount, 0) as net_amount,
    totals.recency_days,
    coalesce(in_rfm_window.frequency, 0) as frequency,
    coalesce(in_rfm_window.monetary_amount, 0) as monetary_amount,
    coalesce(totals.orders_30d_count, 0) as orders_30d_count,
    coalesce(totals.orders_60d_count, 0) as orders_60d_count,
    coalesce(totals.orders_90d_count, 0) as orders_90d_count,
    coalesce(totals.this_month_order_count, 0) as this_month_order_count,
    coalesce(totals.last_month_order_count, 0) as last_month_order_count,
    coalesce(totals.growing_order_count, 0) as growing_order_count,
    coalesce(totals.active_order_count, 0) as active_order_count,
    coalesce(totals.warning_order_count, 0) as warning_order_count,
    coalesce(steadiness.spend_window_count, 0) as spend_window_count,
    coalesce(steadiness.window_spend_fen, 0) as window_spend_fen,
    coalesce(steadiness.window_spend_squares, 0) as window_spend_squares
from customer_attributes
left join totals on customer_attributes.customer_id = totals.customer_id
left join in_rfm_window on customer_attributes.customer_id = in_rfm_window.customer_id
left join steadiness on customer_attributes.customer_id = steadiness.customer_id
