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

counted as (
    select
        segment_members.segment,
        channel_consents.consent_channel,
        count(*) as member_count,
        sum(case when channel_consents.reach = 'reachable' then 1 else 0 end) as reachable_count,
        sum(case when channel_consents.reach = 'hidden' then 1 else 0 end) as hidden_count,
        sum(case when channel_consents.reach = 'shared' then 1 else 0 end) as shared_count,
        sum(case when channel_consents.reach = 'missing' then 1 else 0 end) as missing_count,
        sum(case when channel_consents.consent = 'granted' then 1 else 0 end) as consented_count,
        sum(case when channel_consents.consent = 'withdrawn' then 1 else 0 end) as withdrawn_count,
        sum(
            case
                when channel_consents.consent <> 'granted' then 0
                when coalesce(recent_contacts.is_held_out, false) then 0
                when
                    channel_consents.consent_channel in ('sms', 'email')
                    and coalesce(recent_contacts.contact_count, 0) >= $contact_cap
                    then 0
                else 1
            end
        ) as exportable_count
    from segment_members
    inner join channel_consents on segment_members.customer_id = channel_consents.customer_id
    left join recent_contacts on segment_members.customer_id = recent_contacts.customer_id
    group by segment_members.segment, channel_consents.consent_channel
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
