-- One row per place, segment and category in which a next purchase of at least $least members is due: how many.
-- Reads: next_orders, segment_members, people.
with due as (
    select
        people.place_id,
        next_orders.customer_id,
        next_orders.category
    from next_orders
    inner join people on next_orders.customer_id = people.customer_id
    where next_orders.is_due
)

select
    due.place_id,
    segment_members.segment,
    due.category,
    count(*) as customer_count
from segment_members
inner join due on segment_members.customer_id = due.customer_id
group by due.place_id, segment_members.segment, due.category
having count(*) >= $least
