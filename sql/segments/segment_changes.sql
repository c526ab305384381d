-- One row per customer who entered or left a segment since the last published night, and why (the first night of all:
-- first_changes.sql). What explains most stands first: a segment that is new, gone or
-- worded otherwise, a customer who is new or gone, then the columns of the condition with their old and new values.
-- Reads: segment_moves and segment_reasons (written by pipeline.segments.statements), segment_definitions,
-- previous_segment_definitions, customers, previous_customers.
select
    cast($as_of as date) as as_of,
    segment_moves.segment,
    segment_moves.customer_id,
    segment_moves.change,
    case
        when before.segment is null then 'segment is new'
        when tonight.segment is null then 'segment was removed'
        when before.definition <> tonight.definition then 'definition changed'
        when previous_customers.customer_id is null then 'customer is new'
        when customers.customer_id is null then 'customer was merged, split or erased'
        when segment_reasons.reason <> '' then segment_reasons.reason
        else 'earlier values are not known'
    end as reason
from segment_moves
left join segment_definitions as tonight on segment_moves.segment = tonight.segment
left join previous_segment_definitions as before on segment_moves.segment = before.segment
left join customers on segment_moves.customer_id = customers.customer_id
left join previous_customers on segment_moves.customer_id = previous_customers.customer_id
left join segment_reasons
    on
        segment_moves.segment = segment_reasons.segment
        and segment_moves.customer_id = segment_reasons.customer_id
