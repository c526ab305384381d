-- One row per campaign that was meant for dormant customers, and one (*) for all: how many of them it woke up.
-- Dormant is whose last purchase before the sending lay dormant_days or more back; woken, who bought after it within
-- wake_up_days days (the day of the sending is the first). Delivered or not, everybody counts for whom it was meant,
-- once per campaign, contacted and hold-out alike; who is in both counts in neither. A window that is still open is no
-- result yet. Reads: clean_campaign_contacts, clean_campaigns, customer_profiles, orders.
with people as (
    select
        clean_campaign_contacts.campaign_id,
        customer_profiles.customer_id,
        min(clean_campaign_contacts.sent_at) as sent_at,
        bool_or(clean_campaign_contacts.is_control) as is_control
    from clean_campaign_contacts
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    where cast(clean_campaign_contacts.sent_at as date) <= cast($as_of as date)
    group by clean_campaign_contacts.campaign_id, customer_profiles.customer_id
    having count(distinct clean_campaign_contacts.is_control) = 1
),

outcomes as (
    select
        people.campaign_id,
        people.is_control,
        date_diff('day', cast(people.sent_at as date), cast($as_of as date)) >= $wake_up_days - 1 as is_over,
        date_diff(
            'day',
            max(case when orders.ordered_at <= people.sent_at then orders.ordered_on end),
            cast(people.sent_at as date)
        ) >= $dormant_days as was_dormant,
        coalesce(
            bool_or(
                orders.ordered_at > people.sent_at
                and date_diff('day', cast(people.sent_at as date), orders.ordered_on) < $wake_up_days
            ), false
        ) as has_woken
    from people
    inner join orders on people.customer_id = orders.customer_id
    where orders.is_purchase and orders.ordered_on <= cast($as_of as date)
    group by people.campaign_id, people.customer_id, people.sent_at, people.is_control
),

arms as (
    select
        campaign_id,
        count(*) filter (where is_over and not is_control) as dormant_contact_count,
        count(*) filter (where is_over and not is_control and has_woken) as woken_contact_count,
        count(*) filter (where is_over and is_control) as dormant_control_count,
        count(*) filter (where is_over and is_control and has_woken) as woken_control_count,
        count(*) filter (where not is_over) as pending_count
    from outcomes
    where was_dormant
    group by campaign_id
),

told as (
    select
        campaign_id,
        dormant_contact_count,
        woken_contact_count,
        dormant_control_count,
        woken_control_count,
        pending_count
    from arms
    union all
    select
        '*' as campaign_id,
        sum(dormant_contact_count) as dormant_contact_count,
        sum(woken_contact_count) as woken_contact_count,
        sum(dormant_control_count) as dormant_control_count,
        sum(woken_control_count) as woken_control_count,
        sum(pending_count) as pending_count
    from arms
    having count(*) > 0
),

names as (
    select
        campaign_id,
        min(campaign_name) as campaign_name
    from clean_campaigns
    group by campaign_id
)

select
    told.campaign_id,
    names.campaign_name,
    told.dormant_contact_count,
    told.woken_contact_count,
    round(cast(told.woken_contact_count as double) / nullif(told.dormant_contact_count, 0), 6) as wake_up_rate,
    told.dormant_control_count,
    told.woken_control_count,
    round(cast(told.woken_control_count as double) / nullif(told.dormant_control_count, 0), 6) as control_wake_up_rate,
    -- one division of whole numbers, rounded once
    round(
        cast(
            told.woken_contact_count * told.dormant_control_count
            - told.woken_control_count * told.dormant_contact_count as double
        ) / nullif(told.dormant_contact_count * told.dormant_control_count, 0),
        6
    ) as wake_up_lift_rate,
    told.pending_count
from told
left join names on told.campaign_id = names.campaign_id
