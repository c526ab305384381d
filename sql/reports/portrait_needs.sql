-- One row per segment and category in which a next purchase of at least $least members is due: how many.
-- Reads: next_orders, segment_members.
select
    segment_members.segment,
    next_orders.category,
    count(*) as customer_count
from segment_members
inner join next_orders on segment_members.customer_id = next_orders.customer_id
where next_orders.is_due
group by segment_members.segment, next_orders.category
having count(*) >= $least
