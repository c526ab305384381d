-- One row per buyer: how often, how long and how dearly they bought, all that buy-till-you-die models need to know.
-- Several purchases of one day count as one. Sums of logarithms are made of whole billionths, so that the order of
-- rows decides nothing.
-- Reads: orders.
with bought_days as (
    select
        customer_id,
        ordered_on,
        count(*) as purchase_count,
        sum(cast(net_amount * 100 as bigint)) as net_fen
    from orders
    where is_purchase and customer_id is not null and ordered_on <= cast($as_of as date)
    group by customer_id, ordered_on
),

gaps as (
    select
        *,
        date_diff('day', lag(ordered_on) over (partition by customer_id order by ordered_on), ordered_on) as gap_days
    from bought_days
)

select
    customer_id,
    count(*) - 1 as repeat_count,
    date_diff('day', min(ordered_on), max(ordered_on)) as span_days,
    date_diff('day', min(ordered_on), cast($as_of as date)) as known_days,
    round(coalesce(sum(cast(round(ln(gap_days) * 1000000000) as bigint)), 0) / 1000000000.0, 6) as log_gap_sum,
    sum(purchase_count) as purchase_count,
    cast(sum(net_fen) as decimal(38, 2)) / 100 as bought_amount,
    round(sum(net_fen) / cast(count(*) as double), 6) as day_spend_fen
from gaps
group by customer_id
