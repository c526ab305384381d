-- One row per store, segment, trait and value that sets at least $least members apart from all customers of the store:
-- how common it is there and among all. Shares are of those whose value is known.
-- Reads: segment_members, store_members.
with counted as (
    select
        store_id,
        cast(null as varchar) as segment,
        gender,
        age_band,
        city,
        preferred_channel,
        is_member,
        count(*) as customer_count
    from store_members
    group by
        grouping sets (
            (store_id, gender),
            (store_id, age_band),
            (store_id, city),
            (store_id, preferred_channel),
            (store_id, is_member)
        )
    union all
    select
        store_members.store_id,
        segment_members.segment,
        store_members.gender,
        store_members.age_band,
        store_members.city,
        store_members.preferred_channel,
        store_members.is_member,
        count(*) as customer_count
    from segment_members
    inner join store_members on segment_members.customer_id = store_members.customer_id
    group by grouping sets (
        (store_members.store_id, segment_members.segment, store_members.gender),
        (store_members.store_id, segment_members.segment, store_members.age_band),
        (store_members.store_id, segment_members.segment, store_members.city),
        (store_members.store_id, segment_members.segment, store_members.preferred_channel),
        (store_members.store_id, segment_members.segment, store_members.is_member)
    )
),

named as (
    select
        store_id,
        segment,
        case
            when gender is not null then 'gender'
            when age_band is not null then 'age_band'
            when city is not null then 'city'
            when preferred_channel is not null then 'preferred_channel'
            else 'is_member'
        end as trait,
        coalesce(gender, age_band, city, preferred_channel, is_member) as trait_value,
        customer_count
    from counted
    where coalesce(gender, age_band, city, preferred_channel, is_member) is not null
),

everyone_known as (
    select
        store_id,
        trait,
        trait_value,
        customer_count as everyone_count,
        sum(customer_count) over (partition by store_id, trait) as everyone_known_count
    from named
    where segment is null
),

compared as (
    select
        named.store_id,
        named.segment,
        named.trait,
        named.trait_value,
        named.customer_count,
        sum(named.customer_count)
            over (partition by named.store_id, named.segment, named.trait) as known_count,
        everyone_known.everyone_count,
        everyone_known.everyone_known_count
    from named
    inner join everyone_known
        on
            named.store_id = everyone_known.store_id
            and named.trait = everyone_known.trait
            and named.trait_value = everyone_known.trait_value
    where named.segment is not null
)

select
    store_id,
    segment,
    trait,
    trait_value,
    customer_count,
    cast(known_count as bigint) as known_count,
    everyone_count,
    cast(everyone_known_count as bigint) as everyone_known_count
from compared
where
    customer_count >= $least
    and (
        customer_count * everyone_known_count * 100 >= everyone_count * known_count * $high
        or customer_count * everyone_known_count * 100 <= everyone_count * known_count * $low
    )
