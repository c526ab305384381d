-- One row per person and attribute: the value that survives, and the profile it comes from.
-- Reads: customer_profiles, profile_values, profile_names, profile_keys, contact_points.
-- A full name beats a masked one and a masked one a nickname, a place with its city one without; then the member
-- file beats orders and orders beat the rest; then the value seen last; then the longest; ties by source and value.
-- Phones and e-mails are the preferred contact points, so that shared ones never speak for a person.
with
candidates as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        case when attribute = 'place' and attribute_value like '%/' then 2 else 1 end as grade,
        trust_rank,
        last_seen_on
    from profile_values
    where attribute in ('gender', 'birth_date', 'place', 'home_store_id', 'acquisition_channel')
    union all
    select
        source,
        profile_key,
        'name' as attribute,
        name_text as attribute_value,
        case name_class when 'full' then 1 when 'masked' then 2 else 3 end as grade,
        trust_rank,
        last_seen_on
    from profile_names
    union all
    select
        source,
        profile_key,
        key_type as attribute,
        key_value as attribute_value,
        1 as grade,
        trust_rank,
        last_seen_on
    from profile_keys
    where key_type in ('phone', 'email')
),

owned as (
    select
        customer_profiles.customer_id,
        candidates.source,
        candidates.profile_key,
        candidates.attribute,
        candidates.attribute_value,
        candidates.grade,
        candidates.trust_rank,
        candidates.last_seen_on
    from candidates
    inner join customer_profiles
        on
            candidates.source = customer_profiles.source
            and candidates.profile_key = customer_profiles.profile_key
    left join contact_points
        on
            customer_profiles.customer_id = contact_points.customer_id
            and candidates.attribute = contact_points.contact_type
            and candidates.attribute_value = contact_points.contact_value
            and contact_points.is_preferred
    where
        candidates.attribute not in ('phone', 'email')
        or contact_points.contact_value is not null
),

ordered as (
    select
        customer_id,
        attribute,
        attribute_value,
        source,
        profile_key,
        trust_rank,
        last_seen_on,
        row_number() over (
            partition by customer_id, attribute
            order by
                grade asc,
                trust_rank asc,
                last_seen_on desc nulls last,
                length(attribute_value) desc,
                source asc,
                attribute_value asc,
                profile_key asc
        ) as position
    from owned
)

select
    customer_id,
    attribute,
    attribute_value,
    source,
    profile_key,
    trust_rank,
    last_seen_on as seen_on
from ordered
where position = 1
