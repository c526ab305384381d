-- Every customer has exactly one stage in every lifecycle profile that is on.
-- Reads: customers, lifecycle_rules, lifecycle_stages.
with profiles as (
    select 'guide' as profile
    union
    select profile
    from lifecycle_rules
    union
    select profile
    from lifecycle_stages
),

expected as (
    select count(*) as profile_count
    from profiles
),

-- no customer has two stages in one profile (the key of the table), so as many stages as profiles is one in each
found as (
    select
        customer_id,
        count(*) as stage_count
    from lifecycle_stages
    group by customer_id
)

select count(*) as fault_count
from customers
full join found on customers.customer_id = found.customer_id
cross join expected
where customers.customer_id is null or found.stage_count is distinct from expected.profile_count
