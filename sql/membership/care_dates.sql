-- One row per customer, occasion to write and day; nobody who refused profiling and no minors.
-- birthday and anniversary: the coming days, as care_calendar lists them. wake_up: in stage dormant, dated on the
-- first night of the stage, so that the row stays the same from night to night. cart: put into the cart in the last
-- days and not bought since (a cart without a product: nothing bought since), dated on the day of the cart.
-- Reads: care_calendar, clean_events, customer_attributes, customer_profiles, customer_values, lifecycle_stages,
-- order_lines.
with people as (
    select
        customer_id,
        registered_on
    from customer_attributes
    where not profiling_opt_out and not is_minor
),

birthdays as (
    select
        people.customer_id,
        care_calendar.due_on
    from customer_values
    inner join people on customer_values.customer_id = people.customer_id
    inner join care_calendar
        on
            care_calendar.occasion = 'birthday'
            and customer_values.attribute_value = cast(care_calendar.remembered_on as varchar)
    where customer_values.attribute = 'birth_date'
),

anniversaries as (
    select
        people.customer_id,
        care_calendar.due_on,
        year(care_calendar.due_on) - year(people.registered_on) as occasion_years
    from people
    inner join care_calendar
        on care_calendar.occasion = 'anniversary' and people.registered_on = care_calendar.remembered_on
),

sleepers as (
    select
        people.customer_id,
        lifecycle_stages.since_on as due_on
    from lifecycle_stages
    inner join people on lifecycle_stages.customer_id = people.customer_id
    where
        lifecycle_stages.profile = $wake_up_profile
        and lifecycle_stages.stage = 'dormant'
        and (
            cast($wake_up_days as bigint) is null
            or date_diff('day', lifecycle_stages.since_on, cast($as_of as date)) < cast($wake_up_days as bigint)
        )
),

carts as (
    select
        people.customer_id,
        clean_events.sku,
        max(clean_events.event_at) as carted_at
    from clean_events
    inner join customer_profiles
        on
            clean_events.source = customer_profiles.source
            and clean_events.profile_key = customer_profiles.profile_key
    inner join people on customer_profiles.customer_id = people.customer_id
    where
        clean_events.event_type = 'cart'
        and clean_events.event_on <= cast($as_of as date)
        and date_diff('day', clean_events.event_on, cast($as_of as date)) < $cart_days
    group by people.customer_id, clean_events.sku
),

recent_lines as (
    select
        customer_id,
        sku,
        -- an export of days tells midnight: bought at some time of that day
        max(
            case
                when ordered_at = cast(ordered_on as timestamp) then cast(ordered_on + 1 as timestamp)
                else ordered_at
            end
        ) as bought_at
    from order_lines
    where
        is_purchase
        and customer_id is not null
        and ordered_on <= cast($as_of as date)
        and ordered_on > cast($as_of as date) - $cart_days
    group by customer_id, sku
),

-- a product is paid for by a later purchase of it, a cart without a product by any later purchase
paid_carts as (
    select distinct
        carts.customer_id,
        carts.sku
    from carts
    inner join recent_lines
        on
            carts.customer_id = recent_lines.customer_id
            and carts.carted_at <= recent_lines.bought_at
            and (carts.sku is null or carts.sku = recent_lines.sku)
),

left_carts as (
    select
        carts.customer_id,
        cast(carts.carted_at as date) as due_on,
        count(*) as item_count,
        max_by(carts.sku, cast(carts.carted_at as varchar) || carts.sku) as sku
    from carts
    left join paid_carts
        on carts.customer_id = paid_carts.customer_id and coalesce(carts.sku, '') = coalesce(paid_carts.sku, '')
    where paid_carts.customer_id is null
    group by carts.customer_id, cast(carts.carted_at as date)
)

select
    customer_id,
    'birthday' as occasion,
    due_on,
    null as occasion_years,
    null as item_count,
    null as sku
from birthdays
union all
select
    customer_id,
    'anniversary' as occasion,
    due_on,
    occasion_years,
    null as item_count,
    null as sku
from anniversaries
union all
select
    customer_id,
    'wake_up' as occasion,
    due_on,
    null as occasion_years,
    null as item_count,
    null as sku
from sleepers
union all
select
    customer_id,
    'cart' as occasion,
    due_on,
    null as occasion_years,
    item_count,
    sku
from left_carts
