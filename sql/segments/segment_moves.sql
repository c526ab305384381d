-- One row per segment and customer who is in it on one of the two nights only: who entered, who left.
-- Reads: segment_members, previous_segment_members.
select
    coalesce(segment_members.segment, previous_segment_members.segment) as segment,
    coalesce(segment_members.customer_id, previous_segment_members.customer_id) as customer_id,
    case when previous_segment_members.customer_id is null then 'entered' else 'left' end as change
from segment_members
full outer join previous_segment_members
    on
        segment_members.segment = previous_segment_members.segment
        and segment_members.customer_id = previous_segment_members.customer_id
where segment_members.customer_id is null or previous_segment_members.customer_id is null
