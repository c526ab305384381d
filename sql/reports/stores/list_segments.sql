-- One row per customer of a store and segment that the customer is in. Reads: segment_members, store_members.
select
    segment_members.customer_id,
    segment_members.segment
from segment_members
inner join store_members on segment_members.customer_id = store_members.customer_id
