-- One row per store, segment and category in which a next purchase of at least $least members is due: how many.
-- Reads: next_orders, segment_members, store_members.
with due as (
    select
        store_members.store_id,
        next_orders.customer_id,
        next_orders.category
    from next_orders
    inner join store_members on next_orders.customer_id = store_members.customer_id
    where next_orders.is_due
)

select
    due.store_id,
    segment_members.segment,
    due.category,
    count(*) as customer_count
from segment_members
inner join due on segment_members.customer_id = due.customer_id
group by due.store_id, segment_members.segment, due.category
having count(*) >= $least
