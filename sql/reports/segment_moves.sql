-- One row per segment that somebody entered or left since the last published night. Reads: segment_changes.
select
    segment,
    count(*) filter (where change = 'entered') as entered_count,
    count(*) filter (where change = 'left') as left_count
from segment_changes
group by segment
