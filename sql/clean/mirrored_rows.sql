-- One row per raw order row of a mirroring source (an OMS) whose order a mirrored source tells by as_of as well.
-- Reads: raw_order_heads, raw_order_lines, mirror_pairs (source, mirrored_source).
with
order_rows as (
    select
        source,
        file_sha,
        row_number,
        order_id,
        event_on
    from raw_order_heads
    union all
    select
        source,
        file_sha,
        row_number,
        order_id,
        event_on
    from raw_order_lines
),

mirrored_orders as (
    select distinct
        mirror_pairs.source,
        order_rows.order_id
    from mirror_pairs
    inner join order_rows on mirror_pairs.mirrored_source = order_rows.source
    where order_rows.event_on is null or order_rows.event_on <= cast($as_of as date)
)

select
    order_rows.source,
    order_rows.file_sha,
    order_rows.row_number
from order_rows
inner join mirrored_orders
    on order_rows.source = mirrored_orders.source and order_rows.order_id = mirrored_orders.order_id
