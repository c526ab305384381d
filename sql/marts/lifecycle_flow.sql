-- One row per week or month, lifecycle profile and pair of stages: how many customers went from one to the other, from
-- the last published night before the period to the last one in it.
-- Reads: stage_flow.
-- Columns:
--   period_starts_on: Monday of the ISO week, or first day of the month.
--   period_ends_on: as_of of the last published night in the period.
--   customer_count: Customers.
--   is_move: Both stages are known and differ.
--   from_stage_rate: Share of those who were in from_stage.
select
    period,
    cast(
        case when period = 'week' then date_trunc('week', as_of) else date_trunc('month', as_of) end as date
    ) as period_starts_on,
    as_of as period_ends_on,
    profile,
    from_stage,
    to_stage,
    from_stage not in ('none', to_stage) and to_stage <> 'none' as is_move,
    flow_customer_count as customer_count,
    round(
        flow_customer_count / sum(flow_customer_count) over (partition by as_of, period, profile, from_stage), 6
    ) as from_stage_rate
from stage_flow
where period in ('week', 'month')
