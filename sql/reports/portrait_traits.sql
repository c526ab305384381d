-- One row per segment, trait and value that a member has: how common it is there and among everybody.
-- Shares are of those whose value is known. Reads: customers, segment_members.
with traits as (
    select
        customer_id,
        'gender' as trait,
        gender as trait_value
    from customers
    where gender is not null
    union all
    select
        customer_id,
        'age_band' as trait,
        age_band as trait_value
    from customers
    where age_band is not null
    union all
    select
        customer_id,
        'city' as trait,
        city as trait_value
    from customers
    where city is not null
    union all
    select
        customer_id,
        'preferred_channel' as trait,
        preferred_channel as trait_value
    from customers
    where preferred_channel is not null
    union all
    select
        customer_id,
        'is_member' as trait,
        case when is_member then 'true' else 'false' end as trait_value
    from customers
),

everyone as (
    select
        trait,
        trait_value,
        count(*) as everyone_count
    from traits
    group by trait, trait_value
),

everyone_known as (
    select
        trait,
        sum(everyone_count) as everyone_known_count
    from everyone
    group by trait
),

members as (
    select
        segment_members.segment,
        traits.trait,
        traits.trait_value,
        count(*) as customer_count
    from segment_members
    inner join traits on segment_members.customer_id = traits.customer_id
    group by segment_members.segment, traits.trait, traits.trait_value
),

members_known as (
    select
        segment,
        trait,
        sum(customer_count) as known_count
    from members
    group by segment, trait
)

select
    members.segment,
    members.trait,
    members.trait_value,
    members.customer_count,
    cast(members_known.known_count as bigint) as known_count,
    everyone.everyone_count,
    cast(everyone_known.everyone_known_count as bigint) as everyone_known_count
from members
inner join members_known on members.segment = members_known.segment and members.trait = members_known.trait
inner join everyone on members.trait = everyone.trait and members.trait_value = everyone.trait_value
inner join everyone_known on members.trait = everyone_known.trait
