-- One row per customer and lifecycle profile: every stage whose rule matched, the first of them in the order of the
-- settings, and since when. `regular` (buyers) and `prospect` (who never bought) take whoever no rule matched.
-- Reads: customer_facts, customer_attributes, previous_lifecycle_stages.
with people as (
    select
        customer_facts.customer_id,
        customer_facts.order_count,
        customer_facts.recency_days,
        customer_facts.growing_order_count,
        customer_facts.active_order_count,
        customer_facts.warning_order_count,
        customer_facts.order_count - customer_facts.warning_order_count as earlier_order_count,
        customer_facts.spend_window_count,
        cast(customer_facts.window_spend_fen as decimal(38, 0)) as spend_fen,
        customer_facts.window_spend_squares as spend_squares,
        date_diff('day', customer_facts.first_order_on, cast($as_of as date)) as first_order_age_days,
        case
            when customer_attributes.registered_on <= cast($as_of as date)
                then date_diff('day', customer_attributes.registered_on, cast($as_of as date))
        end as registration_age_days
    from customer_facts
    inner join customer_attributes on customer_facts.customer_id = customer_attributes.customer_id
),

-- a stage that is left out of the settings' order is found at 0 and drops out below
matches as (
    select
        customer_id,
        'guide' as profile,
        'churned' as stage,
        strpos($guide_buyer_order, ',churned,') as precedence
    from people
    where recency_days >= $guide_churned_days
    union all
    select
        customer_id,
        'guide' as profile,
        'dormant' as stage,
        strpos($guide_buyer_order, ',dormant,') as precedence
    from people
    where recency_days >= $guide_dormant_days
    union all
    select
        customer_id,
        'guide' as profile,
        'new' as stage,
        strpos($guide_buyer_order, ',new,') as precedence
    from people
    where order_count > 0 and coalesce(registration_age_days, first_order_age_days) < $guide_new_days
    union all
    -- (population deviation / mean) squared <= p / q, for n windows with sum S and sum of squares Q in whole fen:
    -- q * (n * Q - S * S) <= p * S * S
    select
        customer_id,
        'guide' as profile,
        'mature' as stage,
        strpos($guide_buyer_order, ',mature,') as precedence
    from people
    where
        spend_window_count = $mature_windows
        and ($mature_windows * spend_squares - spend_fen * spend_fen) * $squared_variation_divisor
        <= spend_fen * spend_fen * $squared_variation_dividend
    union all
    select
        customer_id,
        'guide' as profile,
        'growing' as stage,
        strpos($guide_buyer_order, ',growing,') as precedence
    from people
    where growing_order_count >= $growing_orders
    union all
    select
        customer_id,
        'guide' as profile,
        'new' as stage,
        strpos($guide_prospect_order, ',new,') as precedence
    from people
    where order_count = 0 and registration_age_days < $guide_new_days
    union all
    select
        customer_id,
        'active' as profile,
        'new' as stage,
        strpos($active_order, ',new,') as precedence
    from people
    where first_order_age_days < $active_new_days
    union all
    select
        customer_id,
        'active' as profile,
        'dormant' as stage,
        strpos($active_order, ',dormant,') as precedence
    from people
    where recency_days >= $active_dormant_days
    union all
    -- n / w <= p / q * earlier / d with w days in the window and d days before it: n * d * q <= p * w * earlier
    select
        customer_id,
        'active' as profile,
        'churn_warning' as stage,
        strpos($active_order, ',churn_warning,') as precedence
    from people
    where
        earlier_order_count >= $warning_earlier_orders
        and warning_order_count * (first_order_age_days - $warning_window_days) * $warning_pace_divisor
        <= $warning_pace_dividend * $warning_window_days * earlier_order_count
    union all
    select
        customer_id,
        'active' as profile,
        'active' as stage,
        strpos($active_order, ',active,') as precedence
    from people
    where active_order_count >= $active_orders
),

winners as (
    select
        customer_id,
        profile,
        arg_min(stage, precedence) as stage,
        string_agg(stage, ',' order by precedence) as matched_stages
    from matches
    where precedence > 0
    group by customer_id, profile
),

profiles as (
    select 'guide' as profile
    union all
    select 'active' as profile
),

staged as (
    select
        people.customer_id,
        profiles.profile,
        case when people.order_count > 0 then 'regular' else 'prospect' end as otherwise,
        winners.stage,
        winners.matched_stages
    from people
    cross join profiles
    left join winners on people.customer_id = winners.customer_id and profiles.profile = winners.profile
),

given as (
    select
        customer_id,
        profile,
        coalesce(stage, otherwise) as stage,
        coalesce(matched_stages, otherwise) as matched_stages
    from staged
)

select
    given.customer_id,
    given.profile,
    given.stage,
    given.matched_stages,
    coalesce(previous_lifecycle_stages.since_on, cast($as_of as date)) as since_on
from given
left join previous_lifecycle_stages
    on
        given.customer_id = previous_lifecycle_stages.customer_id
        and given.profile = previous_lifecycle_stages.profile
        and given.stage = previous_lifecycle_stages.stage
