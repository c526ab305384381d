-- One row per metric that counts the members of a segment, such as the customers to warn of. Nobody who refused
-- profiling and no minors, for they are in no segment. Reads: counted_segments (metric, segment), segment_members.
select
    'state' as period,
    'total' as scope,
    'all' as scope_value,
    counted_segments.metric,
    'count' as unit,
    null as window_days,
    count(segment_members.customer_id) as kpi_value
from counted_segments
left join segment_members on counted_segments.segment = segment_members.segment
group by counted_segments.metric
