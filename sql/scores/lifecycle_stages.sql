-- One row per customer and lifecycle profile: every stage whose rule matched in the order of the settings, the first
-- of them as the stage, since when, and the stages it is compared with.
-- Reads: stage_matches (customer_id, profile, matched_stages; written by pipeline.scores.stage_statements),
-- previous_lifecycle_stages.
with given as (
    select
        customer_id,
        profile,
        matched_stages,
        split_part(matched_stages, ',', 1) as stage
    from stage_matches
)

select
    given.customer_id,
    given.profile,
    given.stage,
    given.matched_stages,
    case when given.stage = previous.stage then previous.since_on else cast($as_of as date) end as since_on,
    previous.stage as previous_stage,
    case when $is_same_week then previous.week_start_stage else previous.stage end as week_start_stage,
    case when $is_same_month then previous.month_start_stage else previous.stage end as month_start_stage
from given
left join previous_lifecycle_stages as previous
    on given.customer_id = previous.customer_id and given.profile = previous.profile
