-- One row per customer and lifecycle profile whose stage is another than on the last published night, and why.
-- Nothing on the first night, and nothing under a profile that the last night did not have.
-- Reads: stage_reasons (written by pipeline.scores.stage_statements), lifecycle_rules, previous_lifecycle_rules,
-- lifecycle_stages, previous_lifecycle_stages, customer_facts, previous_stage_features.
with versions as (
    select
        profile,
        min(profile_version) as profile_version
    from lifecycle_rules
    group by profile
),

previous_versions as (
    select
        profile,
        min(profile_version) as profile_version
    from previous_lifecycle_rules
    group by profile
),

-- a night of an older release has no rules: its profiles are those that it gave
compared_profiles as (
    select profile
    from previous_versions
    union
    select profile
    from previous_lifecycle_stages
),

arrived as (
    select
        lifecycle_stages.customer_id,
        lifecycle_stages.profile,
        lifecycle_stages.stage
    from lifecycle_stages
    inner join compared_profiles on lifecycle_stages.profile = compared_profiles.profile
    where lifecycle_stages.previous_stage is null
),

vanished as (
    select
        previous_lifecycle_stages.customer_id,
        previous_lifecycle_stages.profile,
        previous_lifecycle_stages.stage
    from previous_lifecycle_stages
    inner join versions on previous_lifecycle_stages.profile = versions.profile
    where previous_lifecycle_stages.customer_id not in (select customer_facts.customer_id from customer_facts)
)

select
    cast($as_of as date) as as_of,
    lifecycle_stages.customer_id,
    lifecycle_stages.profile,
    lifecycle_stages.previous_stage as from_stage,
    lifecycle_stages.stage as to_stage,
    case
        when versions.profile_version <> previous_versions.profile_version then 'definition changed'
        when previous_stage_features.customer_id is null then 'earlier values are not known'
        when stage_reasons.reason = '' then 'earlier values are not known'
        else stage_reasons.reason
    end as reason
from lifecycle_stages
inner join versions on lifecycle_stages.profile = versions.profile
left join previous_versions on lifecycle_stages.profile = previous_versions.profile
left join previous_stage_features on lifecycle_stages.customer_id = previous_stage_features.customer_id
left join stage_reasons
    on lifecycle_stages.customer_id = stage_reasons.customer_id and lifecycle_stages.profile = stage_reasons.profile
where lifecycle_stages.previous_stage <> lifecycle_stages.stage
union all
select
    cast($as_of as date) as as_of,
    customer_id,
    profile,
    'none' as from_stage,
    stage as to_stage,
    'customer is new' as reason
from arrived
union all
select
    cast($as_of as date) as as_of,
    customer_id,
    profile,
    stage as from_stage,
    'none' as to_stage,
    'customer was merged, split or erased' as reason
from vanished
