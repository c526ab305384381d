-- One row per period (night, week, month) and pair of different stages of the profile guide: customers who went.
-- Reads: stage_flow.
select
    period,
    from_stage,
    to_stage,
    flow_customer_count as customer_count
from stage_flow
where as_of = $as_of and profile = 'guide' and from_stage <> to_stage
