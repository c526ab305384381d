-- One row per customer with an event of late: what they look at, and what they leave in the cart.
-- A cart is paid for by a purchase of its product (without a product: any purchase) on its day or later, even one
-- that was returned.
-- Reads: clean_events, customer_profiles, orders, order_lines.
with told as (
    select
        customer_profiles.customer_id,
        clean_events.event_type,
        clean_events.sku,
        cast(clean_events.event_at as date) as event_on,
        date_diff('day', cast(clean_events.event_at as date), cast($as_of as date)) as age_days
    from clean_events
    inner join customer_profiles
        on
            clean_events.source = customer_profiles.source
            and clean_events.profile_key = customer_profiles.profile_key
    where
        cast(clean_events.event_at as date) <= cast($as_of as date)
        and date_diff('day', cast(clean_events.event_at as date), cast($as_of as date))
        < greatest($window_days, $cart_days, $browsing_days)
),

carts as (
    select
        customer_id,
        sku,
        max(event_on) as last_cart_on
    from told
    where event_type = 'cart' and age_days < $cart_days
    group by customer_id, sku
),

recent_lines as (
    select
        customer_id,
        sku,
        max(ordered_on) as last_bought_on
    from order_lines
    where
        customer_id is not null
        and sku is not null
        and (is_purchase or excluded_because = 'fully_returned')
        and ordered_on <= cast($as_of as date)
        and ordered_on > cast($as_of as date) - $cart_days
    group by customer_id, sku
),

recent_orders as (
    select
        customer_id,
        max(ordered_on) as last_bought_on
    from orders
    where
        customer_id is not null
        and (is_purchase or excluded_because = 'fully_returned')
        and ordered_on <= cast($as_of as date)
        and ordered_on > cast($as_of as date) - $cart_days
    group by customer_id
),

unpaid as (
    select
        carts.customer_id,
        count(*) as unpaid_sku_count,
        max(carts.last_cart_on) as last_cart_on
    from carts
    left join recent_lines on carts.customer_id = recent_lines.customer_id and carts.sku = recent_lines.sku
    left join recent_orders on carts.customer_id = recent_orders.customer_id and carts.sku is null
    where
        coalesce(recent_lines.last_bought_on < carts.last_cart_on, true)
        and coalesce(recent_orders.last_bought_on < carts.last_cart_on, true)
    group by carts.customer_id
),

interests as (
    select
        customer_id,
        count(*) filter (where event_type = 'view' and age_days < $browsing_days) as view_count,
        count(distinct case when event_type = 'favourite' and age_days < $browsing_days then sku end)
            as favourite_count,
        count(*) filter (where event_type = 'share' and age_days < $window_days) as share_count
    from told
    group by customer_id
)

select
    interests.customer_id,
    interests.view_count,
    interests.favourite_count,
    interests.share_count,
    coalesce(unpaid.unpaid_sku_count, 0) as unpaid_sku_count,
    unpaid.last_cart_on
from interests
left join unpaid on interests.customer_id = unpaid.customer_id
