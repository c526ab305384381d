-- One row per pair of stages of two lifecycle profiles that somebody is in: where the profiles agree.
-- Reads: lifecycle_stages.
with pairs as (
    select
        one.profile,
        one.stage,
        other.profile as other_profile,
        other.stage as other_stage,
        count(*) as customers
    from lifecycle_stages as one
    inner join lifecycle_stages as other on one.customer_id = other.customer_id and one.profile < other.profile
    group by one.profile, one.stage, other.profile, other.stage
)

select
    profile,
    stage,
    other_profile,
    other_stage,
    customers as confusion_customer_count,
    round(customers / sum(customers) over (partition by profile, other_profile, stage), 6) as stage_rate,
    round(customers / sum(customers) over (partition by profile, other_profile, other_stage), 6) as other_stage_rate
from pairs
