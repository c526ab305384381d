-- One row per policy, customer and contact of a person of whom the policy heard anything: may this contact be used?
-- Reads: consent_policies, consent_states, contact_points, customer_profiles, key_guards, profile_keys.
-- On one identifier the last word counts, of one moment the withdrawal. A withdrawal on any identifier of a person
-- closes all contacts of the person, and the contacts of its profile to everybody who shares them. A grant opens
-- only what stands in one profile with the identifier that gave it, so a wrong join of two profiles carries no
-- consent across. Keys of clerks and crowds speak for nobody.
with
heard as (
    select
        consent_policies.policy,
        consent_states.key_type,
        consent_states.key_scope,
        consent_states.key_hash,
        max(case when consent_states.consent_state = 'granted' then consent_states.changed_at end) as granted_at,
        max(case when consent_states.consent_state = 'withdrawn' then consent_states.changed_at end) as withdrawn_at
    from consent_states
    inner join consent_policies
        on
            consent_states.consent_channel = consent_policies.consent_channel
            and consent_states.purpose = consent_policies.purpose
            and consent_states.consent_state = consent_policies.consent_state
    group by
        consent_policies.policy,
        consent_states.key_type,
        consent_states.key_scope,
        consent_states.key_hash
),

usable as (
    select
        heard.policy,
        heard.key_type,
        heard.key_scope,
        heard.key_hash,
        case when heard.withdrawn_at is null or heard.granted_at > heard.withdrawn_at then 1 else 0 end as is_granted
    from heard
    left join key_guards
        on
            heard.key_type = key_guards.key_type
            and heard.key_scope = key_guards.key_scope
            and heard.key_hash = key_guards.key_hash
            and key_guards.guard_reason <> 'several_names'
    where key_guards.key_hash is null
),

-- the profiles that carry an identifier, and what was said under it; one with two identifiers stands here twice,
-- which the greatest of their words below makes good
spoken as (
    select
        usable.policy,
        profile_keys.source,
        profile_keys.profile_key,
        usable.is_granted,
        1 - usable.is_granted as is_withdrawn
    from usable
    inner join profile_keys
        on
            usable.key_type = profile_keys.key_type
            and usable.key_scope = profile_keys.key_scope
            and usable.key_hash = profile_keys.key_hash
    where profile_keys.is_trusted
),

owned as (
    select
        spoken.policy,
        customer_profiles.customer_id,
        spoken.source,
        spoken.profile_key,
        spoken.is_granted,
        spoken.is_withdrawn
    from spoken
    inner join customer_profiles
        on spoken.source = customer_profiles.source and spoken.profile_key = customer_profiles.profile_key
),

persons as (
    select
        policy,
        customer_id,
        max(is_withdrawn) as is_withdrawn
    from owned
    group by policy, customer_id
),

-- keys of clerks and crowds are let through here, but they are no contact points
reached as (
    select
        owned.policy,
        owned.customer_id,
        profile_keys.key_type,
        profile_keys.key_value,
        max(owned.is_granted) as is_granted,
        max(owned.is_withdrawn) as is_withdrawn
    from owned
    inner join profile_keys
        on owned.source = profile_keys.source and owned.profile_key = profile_keys.profile_key
    where profile_keys.key_type in ('phone', 'email', 'external_userid')
    group by owned.policy, owned.customer_id, profile_keys.key_type, profile_keys.key_value
),

closed as (
    select
        policy,
        key_type,
        key_value
    from reached
    where is_withdrawn = 1
    group by policy, key_type, key_value
)

select
    persons.policy,
    persons.customer_id,
    contact_points.contact_type,
    contact_points.contact_value,
    coalesce(reached.is_granted, 0) = 1
    and persons.is_withdrawn = 0
    and closed.policy is null as is_granted,
    persons.is_withdrawn = 1 or closed.policy is not null as is_withdrawn
from persons
inner join contact_points on persons.customer_id = contact_points.customer_id
left join reached
    on
        persons.policy = reached.policy
        and persons.customer_id = reached.customer_id
        and contact_points.contact_type = reached.key_type
        and contact_points.contact_value = reached.key_value
left join closed
    on
        persons.policy = closed.policy
        and contact_points.contact_type = closed.key_type
        and contact_points.contact_value = closed.key_value
where contact_points.contact_type in ('phone', 'email', 'external_userid')
