-- One row per customer who bought on at least two days: how long they stay away. Two purchases of one day are one
-- visit, so a gap is at least one day.
-- Reads: orders.
with days as (
    select distinct
        customer_id,
        ordered_on
    from orders
    where is_purchase and customer_id is not null and ordered_on <= cast($as_of as date)
),

gaps as (
    select
        customer_id,
        date_diff(
            'day', lag(ordered_on) over (partition by customer_id order by ordered_on), ordered_on
        ) as gap_days
    from days
)

select
    customer_id,
    count(*) as gap_count,
    median(gap_days) as own_gap_days
from gaps
where gap_days is not null
group by customer_id
