-- One row per stage of the lifecycle profile guide: customers in it now, last night and before this month.
-- Reads: lifecycle_rules, lifecycle_stages.
with places as (
    select
        stage,
        min(precedence) as precedence
    from lifecycle_rules
    where profile = 'guide'
    group by stage
),

now_in as (
    select
        stage,
        count(*) as customer_count
    from lifecycle_stages
    where profile = 'guide'
    group by stage
),

night_in as (
    select
        previous_stage as stage,
        count(*) as customer_count
    from lifecycle_stages
    where profile = 'guide' and previous_stage is not null
    group by previous_stage
),

month_in as (
    select
        month_start_stage as stage,
        count(*) as customer_count
    from lifecycle_stages
    where profile = 'guide' and month_start_stage is not null
    group by month_start_stage
)

select
    coalesce(places.stage, now_in.stage) as stage,
    coalesce(now_in.customer_count, 0) as customer_count,
    coalesce(night_in.customer_count, 0) as night_count,
    coalesce(month_in.customer_count, 0) as month_count
from places
full outer join now_in on places.stage = now_in.stage
left join night_in on coalesce(places.stage, now_in.stage) = night_in.stage
left join month_in on coalesce(places.stage, now_in.stage) = month_in.stage
