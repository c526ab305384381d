-- One row per customer and contact value; dead keys, keys of clerks' cards and phones that now are somebody else's
-- are nobody's contact.
-- Reads: profile_keys, key_guards, key_lives, customer_profiles.
-- The contact to use first: told by the member file, else by orders; then the one seen last; ties by source and value.
with
own_contacts as (
    select
        customer_profiles.customer_id,
        profile_keys.key_type as contact_type,
        profile_keys.key_value as contact_value,
        profile_keys.source,
        profile_keys.trust_rank,
        profile_keys.last_seen_on as seen_on
    from profile_keys
    inner join customer_profiles
        on
            profile_keys.source = customer_profiles.source
            and profile_keys.profile_key = customer_profiles.profile_key
    left join key_guards
        on
            profile_keys.key_type = key_guards.key_type
            and profile_keys.key_scope = key_guards.key_scope
            and profile_keys.key_hash = key_guards.key_hash
            and key_guards.guard_reason <> 'several_names'
    left join key_lives
        on
            profile_keys.key_type = key_lives.key_type
            and profile_keys.key_scope = key_lives.key_scope
            and profile_keys.key_hash = key_lives.key_hash
            and profile_keys.source = key_lives.source
            and profile_keys.profile_key = key_lives.profile_key
            and not key_lives.is_last_life
    where
        profile_keys.is_trusted
        and profile_keys.key_type <> 'member_no'
        and key_guards.key_hash is null
        and key_lives.key_hash is null
),

by_source as (
    select
        customer_id,
        contact_type,
        contact_value,
        source,
        trust_rank,
        seen_on,
        row_number() over (
            partition by customer_id, contact_type, contact_value
            order by trust_rank asc, seen_on desc nulls last, source asc
        ) as position
    from own_contacts
),

contacts as (
    select
        customer_id,
        contact_type,
        contact_value,
        source,
        seen_on,
        row_number() over (
            partition by customer_id, contact_type
            order by trust_rank asc, seen_on desc nulls last, source asc, contact_value asc
        ) as preference
    from by_source
    where position = 1
)

select
    customer_id,
    contact_type,
    contact_value,
    source,
    seen_on,
    preference = 1 as is_preferred
from contacts
