-- One row per place, segment, trait and value that sets at least $least members apart from everybody of the place:
-- how common it is there and among all. Shares are of those whose value is known. Reads: portrait_groups.
with named as (
    select
        place_id,
        segment,
        'gender' as trait,
        gender as trait_value,
        customer_count
    from portrait_groups
    union all
    select
        place_id,
        segment,
        'age_band' as trait,
        age_band as trait_value,
        customer_count
    from portrait_groups
    union all
    select
        place_id,
        segment,
        'city' as trait,
        city as trait_value,
        customer_count
    from portrait_groups
    union all
    select
        place_id,
        segment,
        'preferred_channel' as trait,
        preferred_channel as trait_value,
        customer_count
    from portrait_groups
    union all
    select
        place_id,
        segment,
        'is_member' as trait,
        is_member as trait_value,
        customer_count
    from portrait_groups
),

counted as (
    select
        place_id,
        segment,
        trait,
        trait_value,
        sum(customer_count) as customer_count,
        sum(sum(customer_count)) over (partition by place_id, segment, trait) as known_count
    from named
    where trait_value is not null
    group by place_id, segment, trait, trait_value
),

compared as (
    select
        members.place_id,
        members.segment,
        members.trait,
        members.trait_value,
        cast(members.customer_count as bigint) as customer_count,
        cast(members.known_count as bigint) as known_count,
        cast(everyone.customer_count as bigint) as everyone_count,
        cast(everyone.known_count as bigint) as everyone_known_count,
        100 * (members.customer_count / members.known_count) / (everyone.customer_count / everyone.known_count)
            as trait_index
    from counted as members
    inner join counted as everyone
        on
            members.place_id = everyone.place_id
            and members.trait = everyone.trait
            and members.trait_value = everyone.trait_value
    where members.segment is not null and everyone.segment is null
)

-- half an index more than wanted, for whoever shows the index rounds it
select
    place_id,
    segment,
    trait,
    trait_value,
    customer_count,
    known_count,
    everyone_count,
    everyone_known_count
from compared
where customer_count >= $least and (trait_index >= $high - 0.5 or trait_index <= $low + 0.5)
