-- One row per segment and channel: how many of its members could be written to, before anyone promises a campaign.
-- Reads: channel_consents, recent_contacts, segment_definitions, segment_members. $contact_cap
with
channel_names as (
    select 'sms' as consent_channel
    union all
    select 'email' as consent_channel
    union all
    select 'wecom' as consent_channel
    union all
    select 'ads' as consent_channel
),

-- what may be done in a channel, in one word, and all channels of a customer in one state: few states stand for
-- everybody, so members are counted by state before states are taken apart again
judged as (
    select
        channel_consents.customer_id,
        channel_consents.consent_channel,
        channel_consents.reach,
        channel_consents.consent,
        case
            when channel_consents.consent <> 'granted' then 0
            when coalesce(recent_contacts.is_held_out, false) then 0
            when
                channel_consents.consent_channel in ('sms', 'email')
                and coalesce(recent_contacts.contact_count, 0) >= $contact_cap
                then 0
            else 1
        end as is_exportable
    from channel_consents
    left join recent_contacts on channel_consents.customer_id = recent_contacts.customer_id
),

words as (
    select
        customer_id,
        consent_channel,
        concat_ws(':', reach, consent, is_exportable) as word
    from judged
),

states as (
    select
        customer_id,
        concat(
            max(case when consent_channel = 'sms' then word end), ',',
            max(case when consent_channel = 'email' then word end), ',',
            max(case when consent_channel = 'wecom' then word end), ',',
            max(case when consent_channel = 'ads' then word end)
        ) as state
    from words
    group by customer_id
),

sizes as (
    select
        segment_members.segment,
        states.state,
        count(*) as member_count
    from segment_members
    inner join states on segment_members.customer_id = states.customer_id
    group by segment_members.segment, states.state
),

told as (
    select
        segment,
        'sms' as consent_channel,
        split_part(state, ',', 1) as word,
        member_count
    from sizes
    union all
    select
        segment,
        'email' as consent_channel,
        split_part(state, ',', 2) as word,
        member_count
    from sizes
    union all
    select
        segment,
        'wecom' as consent_channel,
        split_part(state, ',', 3) as word,
        member_count
    from sizes
    union all
    select
        segment,
        'ads' as consent_channel,
        split_part(state, ',', 4) as word,
        member_count
    from sizes
),

parts as (
    select
        segment,
        consent_channel,
        split_part(word, ':', 1) as reach,
        split_part(word, ':', 2) as consent,
        split_part(word, ':', 3) = '1' as is_exportable,
        member_count
    from told
),

counted as (
    select
        segment,
        consent_channel,
        sum(member_count) as member_count,
        sum(case when reach = 'reachable' then member_count else 0 end) as reachable_count,
        sum(case when reach = 'hidden' then member_count else 0 end) as hidden_count,
        sum(case when reach = 'shared' then member_count else 0 end) as shared_count,
        sum(case when reach = 'missing' then member_count else 0 end) as missing_count,
        sum(case when consent = 'granted' then member_count else 0 end) as consented_count,
        sum(case when consent = 'withdrawn' then member_count else 0 end) as withdrawn_count,
        sum(case when is_exportable then member_count else 0 end) as exportable_count
    from parts
    group by segment, consent_channel
)

select
    segment_definitions.segment,
    channel_names.consent_channel,
    coalesce(counted.member_count, 0) as member_count,
    coalesce(counted.reachable_count, 0) as reachable_count,
    coalesce(counted.hidden_count, 0) as hidden_count,
    coalesce(counted.shared_count, 0) as shared_count,
    coalesce(counted.missing_count, 0) as missing_count,
    coalesce(counted.consented_count, 0) as consented_count,
    coalesce(counted.withdrawn_count, 0) as withdrawn_count,
    coalesce(counted.exportable_count, 0) as exportable_count
from segment_definitions
cross join channel_names
left join counted
    on
        segment_definitions.segment = counted.segment
        and channel_names.consent_channel = counted.consent_channel
