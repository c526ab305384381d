-- One row per service ticket of a known customer: by the key on the ticket, else by the only order that it names.
-- A ticket is a complaint where its reason holds one of complaint_words (lower case) or it was rated badly; a rating
-- counts from the day on which the ticket was closed.
-- Reads: clean_tickets, complaint_words (word), customer_profiles, orders, ticket_scopes (source, order_source).
with ticket_profiles as (
    select
        source,
        profile_key,
        customer_id
    from customer_profiles
    where source in (select clean_tickets.source from clean_tickets)
),

opened as (
    select
        clean_tickets.source,
        clean_tickets.row_key,
        clean_tickets.order_id,
        clean_tickets.event_on,
        clean_tickets.reason,
        case
            when clean_tickets.closed_at is null or cast(clean_tickets.closed_at as date) <= cast($as_of as date)
                then clean_tickets.satisfaction_score
        end as satisfaction_score,
        ticket_profiles.customer_id
    from clean_tickets
    left join ticket_profiles
        on
            clean_tickets.source = ticket_profiles.source
            and clean_tickets.profile_key = ticket_profiles.profile_key
    where clean_tickets.event_on <= cast($as_of as date)
),

wanted as (
    select
        opened.source,
        opened.row_key,
        ticket_scopes.order_source || ':' || opened.order_id as order_key
    from opened
    inner join ticket_scopes on opened.source = ticket_scopes.source
    where opened.customer_id is null and opened.order_id is not null
),

-- few of all orders are wanted: found first, so that no engine sums up the others before it joins
named_orders as (
    select
        order_key,
        customer_id
    from orders
    where order_key in (select wanted.order_key from wanted)
),

named as (
    select
        wanted.source,
        wanted.row_key,
        min(named_orders.customer_id) as customer_id
    from wanted
    inner join named_orders on wanted.order_key = named_orders.order_key
    group by wanted.source, wanted.row_key
    having count(*) = 1
),

complaint_reasons as (
    select distinct opened.reason
    from opened
    inner join complaint_words on strpos(lower(opened.reason), complaint_words.word) > 0
)

select
    opened.source,
    opened.row_key,
    coalesce(opened.customer_id, named.customer_id) as customer_id,
    opened.event_on,
    opened.reason,
    complaint_reasons.reason is not null
    or coalesce(opened.satisfaction_score <= $complaint_score, false) as is_complaint
from opened
left join named on opened.source = named.source and opened.row_key = named.row_key
left join complaint_reasons on opened.reason = complaint_reasons.reason
where coalesce(opened.customer_id, named.customer_id) is not null
