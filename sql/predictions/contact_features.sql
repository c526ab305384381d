-- One row per slice and customer whom messages, tickets or visits of the days before the cutoff tell of.
-- Everything counts by its own day: an answer given after the cutoff is unknown, a ticket's mark comes with its close.
-- Reads: clean_campaign_contacts, clean_events, clean_tickets, customer_profiles, feature_cutoffs.
with happened as (
    select
        source,
        profile_key,
        'delivered' as kind,
        cast(case when has_delivery_column then delivered_at else sent_at end as date) as happened_on,
        count(*) as times
    from clean_campaign_contacts
    where not is_control
    group by all
    union all
    select
        source,
        profile_key,
        'answered' as kind,
        cast(coalesce(responded_at, clicked_at) as date) as happened_on,
        count(*) as times
    from clean_campaign_contacts
    where not is_control
    group by all
    union all
    select
        source,
        profile_key,
        'visited' as kind,
        cast(event_at as date) as happened_on,
        count(*) as times
    from clean_events
    group by all
    union all
    select
        source,
        profile_key,
        'complained' as kind,
        cast(opened_at as date) as happened_on,
        count(*) as times
    from clean_tickets
    group by all
    union all
    select
        source,
        profile_key,
        'disliked' as kind,
        cast(closed_at as date) as happened_on,
        count(*) as times
    from clean_tickets
    where satisfaction_score <= 2
    group by all
),

by_customer as (
    select
        customer_profiles.customer_id,
        happened.kind,
        happened.happened_on,
        sum(happened.times) as times
    from happened
    inner join customer_profiles
        on happened.source = customer_profiles.source and happened.profile_key = customer_profiles.profile_key
    where happened.happened_on is not null
    group by customer_profiles.customer_id, happened.kind, happened.happened_on
),

-- a customer is drawn once, not again for every day and slice
draws as (
    select
        customer_id,
        md5(concat('slice:', customer_id)) as draw
    from (select distinct customer_id from by_customer) as told
),

seen as (
    select
        feature_cutoffs.cutoff_on,
        draws.customer_id
    from draws
    cross join feature_cutoffs
    where draws.draw < feature_cutoffs.draw_below
),

aged as (
    select
        seen.cutoff_on,
        by_customer.customer_id,
        by_customer.kind,
        by_customer.times,
        date_diff('day', by_customer.happened_on, seen.cutoff_on) as age_days
    from by_customer
    inner join seen on by_customer.customer_id = seen.customer_id and by_customer.happened_on < seen.cutoff_on
)

select
    cutoff_on,
    customer_id,
    coalesce(sum(times) filter (where kind = 'delivered' and age_days <= 180), 0) as contact_180d_count,
    coalesce(sum(times) filter (where kind = 'answered' and age_days <= 180), 0) as response_180d_count,
    coalesce(sum(times) filter (where kind = 'complained' and age_days <= 180), 0) as ticket_180d_count,
    coalesce(sum(times) filter (where kind = 'disliked'), 0) as poor_ticket_count,
    coalesce(sum(times) filter (where kind = 'visited' and age_days <= 30), 0) as visits_30d_count,
    coalesce(sum(times) filter (where kind = 'visited' and age_days <= 90), 0) as visits_90d_count
from aged
group by cutoff_on, customer_id
