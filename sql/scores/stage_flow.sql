-- One row per night, period, lifecycle profile and pair of stages: how many customers went from one to the other.
-- `week` and `month` compare with the last published night before this ISO week or month, so a customer who went
-- there and back is no flow; of each week and month only the last night so far is kept.
-- Reads: lifecycle_stages, previous_stage_flow, stage_changes.
with flows as (
    select
        'night' as period,
        profile,
        coalesce(previous_stage, 'none') as from_stage,
        stage as to_stage
    from lifecycle_stages
    union all
    select
        'night' as period,
        profile,
        from_stage,
        to_stage
    from stage_changes
    where to_stage = 'none'
    union all
    select
        'week' as period,
        profile,
        coalesce(week_start_stage, 'none') as from_stage,
        stage as to_stage
    from lifecycle_stages
    union all
    select
        'month' as period,
        profile,
        coalesce(month_start_stage, 'none') as from_stage,
        stage as to_stage
    from lifecycle_stages
)

select
    cast($as_of as date) as as_of,
    period,
    profile,
    from_stage,
    to_stage,
    count(*) as flow_customer_count
from flows
group by period, profile, from_stage, to_stage
union all
select
    as_of,
    period,
    profile,
    from_stage,
    to_stage,
    flow_customer_count
from previous_stage_flow
where
    as_of < cast($as_of as date)
    and (
        period = 'night'
        or (period = 'week' and as_of < cast($week_starts_on as date))
        or (period = 'month' and as_of < cast($month_starts_on as date))
    )
