-- One row per customer with a complaint, a return or an activity up to as_of: the last day of each.
-- Reads: clean_campaign_contacts, clean_events, customer_profiles, customer_tickets, orders, refunds.
with
-- a report of orders that tells no day of the refund: it came on the order's day at the earliest
returns as (
    select
        refunds.customer_id,
        coalesce(refunds.refunded_on, orders.ordered_on) as return_on
    from refunds
    left join orders on refunds.order_key = orders.order_key
    where refunds.refund_amount > 0
),

active_profiles as (
    select
        source,
        profile_key,
        max(event_on) as activity_on
    from clean_events
    where event_on <= cast($as_of as date)
    group by source, profile_key
    union all
    select
        source,
        profile_key,
        max(cast(responded_at as date)) as activity_on
    from clean_campaign_contacts
    where cast(responded_at as date) <= cast($as_of as date)
    group by source, profile_key
    union all
    select
        source,
        profile_key,
        max(cast(clicked_at as date)) as activity_on
    from clean_campaign_contacts
    where cast(clicked_at as date) <= cast($as_of as date)
    group by source, profile_key
),

signals as (
    select
        customer_id,
        event_on as complaint_on,
        cast(null as date) as return_on,
        cast(null as date) as activity_on
    from customer_tickets
    where is_complaint
    union all
    select
        customer_id,
        cast(null as date) as complaint_on,
        return_on,
        cast(null as date) as activity_on
    from returns
    where return_on <= cast($as_of as date)
    union all
    select
        customer_profiles.customer_id,
        cast(null as date) as complaint_on,
        cast(null as date) as return_on,
        active_profiles.activity_on
    from active_profiles
    inner join customer_profiles
        on
            active_profiles.source = customer_profiles.source
            and active_profiles.profile_key = customer_profiles.profile_key
)

select
    customer_id,
    max(complaint_on) as complaint_on,
    max(return_on) as return_on,
    max(activity_on) as activity_on
from signals
where customer_id is not null
group by customer_id
