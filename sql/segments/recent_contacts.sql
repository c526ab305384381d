-- One row per customer who was written to lately, or is held out of a campaign that still runs.
-- Reads: clean_campaign_contacts, clean_campaigns, customer_profiles. $as_of $cap_days $control_days
-- A day on which one channel sent several messages counts once. A campaign without an end holds its control group
-- for $control_days.
with
campaigns as (
    select
        campaign_id,
        min(channel) as channel,
        max(ended_on) as ended_on
    from clean_campaigns
    group by campaign_id
),

contacts as (
    select
        customer_profiles.customer_id,
        clean_campaign_contacts.is_control,
        clean_campaign_contacts.event_on,
        coalesce(campaigns.channel, 'unknown') as channel,
        campaigns.ended_on
    from clean_campaign_contacts
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    left join campaigns on clean_campaign_contacts.campaign_id = campaigns.campaign_id
),

counted as (
    select
        customer_id,
        count(distinct case
            when not is_control and datediff('day', event_on, cast($as_of as date)) < $cap_days
                then concat(channel, '/', cast(event_on as varchar))
        end) as contact_count,
        max(case
            when
                is_control
                and case
                    when ended_on is null then datediff('day', event_on, cast($as_of as date)) < $control_days
                    else ended_on >= cast($as_of as date)
                end
                then 1
            else 0
        end) as is_held_out
    from contacts
    group by customer_id
)

select
    customer_id,
    contact_count,
    is_held_out = 1 as is_held_out
from counted
where contact_count > 0 or is_held_out = 1
