-- Every customer has exactly one stage in every lifecycle profile.
-- Reads: customers, lifecycle_stages.
with profiles as (
    select 'guide' as profile
    union
    select profile
    from lifecycle_stages
),

expected as (
    select
        customers.customer_id,
        profiles.profile
    from customers
    cross join profiles
),

found as (
    select
        customer_id,
        profile,
        count(*) as stage_count
    from lifecycle_stages
    group by customer_id, profile
)

select count(*) as fault_count
from expected
full join found on expected.customer_id = found.customer_id and expected.profile = found.profile
where expected.customer_id is null or found.stage_count is distinct from 1
