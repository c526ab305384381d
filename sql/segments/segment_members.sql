-- One row per segment and member, with the night on which the current unbroken membership began.
-- Reads: segment_matches (the conditions, written by pipeline.segments.statements), previous_segment_members.
select
    segment_matches.segment,
    segment_matches.customer_id,
    coalesce(previous_segment_members.entered_on, cast($as_of as date)) as entered_on
from segment_matches
left join previous_segment_members
    on
        segment_matches.segment = previous_segment_members.segment
        and segment_matches.customer_id = previous_segment_members.customer_id
