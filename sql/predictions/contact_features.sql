-- One row per slice and customer whom messages, tickets or visits of the months before the cutoff tell of.
-- Everything counts by its own day: an answer given after the cutoff is unknown, a ticket's mark comes with its close.
-- Reads: clean_campaign_contacts, clean_events, clean_tickets, customer_profiles, feature_cutoffs.
with happened as (
    select
        source,
        profile_key,
        'delivered' as kind,
        180 as window_days,
        cast(case when has_delivery_column then delivered_at else sent_at end as date) as happened_on
    from clean_campaign_contacts
    where not is_control
    union all
    select
        source,
        profile_key,
        'answered' as kind,
        180 as window_days,
        cast(coalesce(responded_at, clicked_at) as date) as happened_on
    from clean_campaign_contacts
    where not is_control
    union all
    select
        source,
        profile_key,
        'visited' as kind,
        90 as window_days,
        cast(event_at as date) as happened_on
    from clean_events
    union all
    select
        source,
        profile_key,
        'complained' as kind,
        180 as window_days,
        cast(opened_at as date) as happened_on
    from clean_tickets
    union all
    select
        source,
        profile_key,
        'disliked' as kind,
        null as window_days,
        cast(closed_at as date) as happened_on
    from clean_tickets
    where satisfaction_score <= 2
),

-- tonight's slice asks about everybody, but only the newest days; the others look far back, at the few who were drawn
drawn as (
    select
        source,
        profile_key,
        customer_id,
        md5(concat('slice:', customer_id)) as draw
    from customer_profiles
    where md5(concat('slice:', customer_id)) < (
        select max(slices.draw_below)
        from feature_cutoffs as slices
        where not slices.is_scored
    )
),

aged as (
    select
        feature_cutoffs.cutoff_on,
        customer_profiles.customer_id,
        happened.kind,
        date_diff('day', happened.happened_on, feature_cutoffs.cutoff_on) as age_days
    from happened
    cross join feature_cutoffs
    inner join customer_profiles
        on happened.source = customer_profiles.source and happened.profile_key = customer_profiles.profile_key
    where
        feature_cutoffs.is_scored
        and happened.happened_on < feature_cutoffs.cutoff_on
        and coalesce(
            date_diff('day', happened.happened_on, feature_cutoffs.cutoff_on) <= happened.window_days, true
        )
    union all
    select
        feature_cutoffs.cutoff_on,
        drawn.customer_id,
        happened.kind,
        date_diff('day', happened.happened_on, feature_cutoffs.cutoff_on) as age_days
    from happened
    inner join drawn on happened.source = drawn.source and happened.profile_key = drawn.profile_key
    cross join feature_cutoffs
    where
        not feature_cutoffs.is_scored
        and drawn.draw < feature_cutoffs.draw_below
        and happened.happened_on < feature_cutoffs.cutoff_on
        and coalesce(
            date_diff('day', happened.happened_on, feature_cutoffs.cutoff_on) <= happened.window_days, true
        )
)

select
    cutoff_on,
    customer_id,
    count(*) filter (where kind = 'delivered') as contact_180d_count,
    count(*) filter (where kind = 'answered') as response_180d_count,
    count(*) filter (where kind = 'complained') as ticket_180d_count,
    count(*) filter (where kind = 'disliked') as poor_ticket_count,
    count(*) filter (where kind = 'visited' and age_days <= 30) as visits_30d_count,
    count(*) filter (where kind = 'visited') as visits_90d_count
from aged
group by cutoff_on, customer_id
