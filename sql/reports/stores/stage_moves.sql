-- One row per store, stage of the profile guide before this month, last night and now: customers.
-- none = not known then. Reads: lifecycle_stages, store_members.
select
    store_members.store_id,
    coalesce(lifecycle_stages.month_start_stage, 'none') as month_stage,
    coalesce(lifecycle_stages.previous_stage, 'none') as night_stage,
    lifecycle_stages.stage,
    count(*) as customer_count
from store_members
inner join lifecycle_stages
    on store_members.customer_id = lifecycle_stages.customer_id and lifecycle_stages.profile = 'guide'
group by
    store_members.store_id,
    coalesce(lifecycle_stages.month_start_stage, 'none'),
    coalesce(lifecycle_stages.previous_stage, 'none'),
    lifecycle_stages.stage
