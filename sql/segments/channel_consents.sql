-- One row per customer and channel: can we reach them there, and did they agree to its marketing?
-- Reads: contact_consents (sql/exports, under the usual policy of each channel), consent_policies, contact_points,
-- customer_attributes, customer_profiles, profile_keys.
-- Unreachable: shared (the contact belongs to too many people), hidden (known by platform accounts whose exports mask
-- the contact or show a virtual number), missing (no contact was ever given, or a landline).
with
channels as (
    select
        'sms' as consent_channel,
        'phone' as contact_type
    union all
    select
        'email' as consent_channel,
        'email' as contact_type
    union all
    select
        'wecom' as consent_channel,
        'external_userid' as contact_type
    union all
    select
        'ads' as consent_channel,
        'phone' as contact_type
    union all
    select
        'ads' as consent_channel,
        'email' as contact_type
),

channel_names as (
    select consent_channel
    from channels
    group by consent_channel
),

reachable as (
    select
        contact_points.customer_id,
        channels.consent_channel
    from contact_points
    inner join channels on contact_points.contact_type = channels.contact_type
    group by contact_points.customer_id, channels.consent_channel
),

known_keys as (
    select
        customer_profiles.customer_id,
        profile_keys.key_type
    from profile_keys
    inner join customer_profiles
        on
            profile_keys.source = customer_profiles.source
            and profile_keys.profile_key = customer_profiles.profile_key
    where profile_keys.key_type in ('phone', 'email', 'external_userid', 'platform_user_id')
    group by customer_profiles.customer_id, profile_keys.key_type
),

shared as (
    select
        known_keys.customer_id,
        channels.consent_channel
    from known_keys
    inner join channels on known_keys.key_type = channels.contact_type
    group by known_keys.customer_id, channels.consent_channel
),

consents as (
    select
        contact_consents.customer_id,
        channels.consent_channel,
        max(case when contact_consents.is_granted then 1 else 0 end) as is_granted,
        max(case when contact_consents.is_withdrawn then 1 else 0 end) as is_withdrawn
    from contact_consents
    inner join channels
        on
            contact_consents.policy = channels.consent_channel
            and contact_consents.contact_type = channels.contact_type
    group by contact_consents.customer_id, channels.consent_channel
),

platform_accounts as (
    select customer_id
    from known_keys
    where key_type = 'platform_user_id'
)

select
    who.customer_id,
    channel_names.consent_channel,
    case
        when reachable.customer_id is not null then 'reachable'
        when shared.customer_id is not null then 'shared'
        when platform_accounts.customer_id is not null and channel_names.consent_channel <> 'wecom' then 'hidden'
        else 'missing'
    end as reach,
    case
        when consents.is_granted = 1 then 'granted'
        when consents.is_withdrawn = 1 then 'withdrawn'
        else 'unknown'
    end as consent
from customer_attributes as who
cross join channel_names
left join reachable
    on who.customer_id = reachable.customer_id and channel_names.consent_channel = reachable.consent_channel
left join shared
    on who.customer_id = shared.customer_id and channel_names.consent_channel = shared.consent_channel
left join consents
    on who.customer_id = consents.customer_id and channel_names.consent_channel = consents.consent_channel
left join platform_accounts on who.customer_id = platform_accounts.customer_id
