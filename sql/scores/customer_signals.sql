-- One row per customer with a complaint, a return or an activity up to as_of: the last day of each.
-- A ticket is a complaint where its reason holds one of complaint_words (lower case) or it was rated badly (a rating
-- counts once the ticket is closed). It belongs to the customer of its own keys, else of the only order that it names.
-- Reads: clean_campaign_contacts, clean_events, clean_tickets, complaint_words (word), customer_profiles, orders,
-- refunds, ticket_scopes (source, order_source).
with complaint_reasons as (
    select distinct clean_tickets.reason
    from clean_tickets
    inner join complaint_words on strpos(lower(clean_tickets.reason), complaint_words.word) > 0
),

complaints as (
    select
        source,
        row_key,
        profile_key,
        order_id,
        event_on
    from clean_tickets
    where
        event_on <= cast($as_of as date)
        and (
            (
                satisfaction_score <= $complaint_satisfaction_score
                and coalesce(cast(closed_at as date), event_on) <= cast($as_of as date)
            )
            or reason in (select complaint_reasons.reason from complaint_reasons)
        )
),

ticket_orders as (
    select
        complaints.source,
        complaints.row_key,
        min(orders.customer_id) as customer_id
    from complaints
    inner join ticket_scopes on complaints.source = ticket_scopes.source
    inner join orders
        on ticket_scopes.order_source = orders.source and complaints.order_id = orders.order_id
    group by complaints.source, complaints.row_key
    having count(*) = 1
),

ticket_customers as (
    select
        coalesce(customer_profiles.customer_id, ticket_orders.customer_id) as customer_id,
        complaints.event_on
    from complaints
    left join customer_profiles
        on complaints.source = customer_profiles.source and complaints.profile_key = customer_profiles.profile_key
    left join ticket_orders
        on complaints.source = ticket_orders.source and complaints.row_key = ticket_orders.row_key
),

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
    from ticket_customers
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
