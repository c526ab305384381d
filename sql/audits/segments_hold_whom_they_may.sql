-- Members belong to defined segments, refused no profiling and are not known to be minors.
-- Reads: customers, segment_definitions, segment_members.
select count(*) as fault_count
from segment_members
left join customers on segment_members.customer_id = customers.customer_id
left join segment_definitions on segment_members.segment = segment_definitions.segment
where
    segment_definitions.segment is null
    or coalesce(customers.profiling_opt_out, true)
    or coalesce(customers.is_minor, true)
