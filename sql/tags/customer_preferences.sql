-- One row per customer, dimension and value that is a large and unusual part of what they buy or ask for.
-- Category, brand, style: share of the spend on kept lines of the window, against the share among all customers.
-- Recent category: purchases of the last days; service: tickets and service lines of the window that name it.
-- Reads: customer_tickets, order_lines, product_styles, product_traits, service_words (meaning, word).
with kept as (
    select
        order_lines.customer_id,
        order_lines.order_key,
        order_lines.category,
        order_lines.product_name,
        product_traits.brand,
        cast(order_lines.net_amount * 100 as bigint) as fen,
        date_diff('day', order_lines.ordered_on, cast($as_of as date)) as age_days
    from order_lines
    left join product_traits on order_lines.sku = product_traits.sku
    where
        order_lines.is_purchase
        and order_lines.line_kind = 'goods'
        and order_lines.net_amount > 0
        and order_lines.customer_id is not null
        and order_lines.ordered_on <= cast($as_of as date)
        and order_lines.ordered_on > cast($as_of as date) - greatest($window_days, $affinity_days)
),

spends as (
    select
        'category' as dimension,
        customer_id,
        category as preference,
        count(*) as line_count,
        sum(fen) as fen
    from kept
    where category is not null and age_days < $window_days
    group by customer_id, category
    union all
    select
        'brand' as dimension,
        customer_id,
        brand as preference,
        count(*) as line_count,
        sum(fen) as fen
    from kept
    where brand is not null and age_days < $window_days
    group by customer_id, brand
    union all
    select
        'style' as dimension,
        kept.customer_id,
        product_styles.style as preference,
        count(*) as line_count,
        sum(kept.fen) as fen
    from kept
    inner join product_styles on kept.product_name = product_styles.product_name
    where kept.age_days < $window_days
    group by kept.customer_id, product_styles.style
),

-- a product has several styles or none, so their total is not the sum of the styles
totals as (
    select
        customer_id,
        sum(case when category is not null then fen else 0 end) as category_fen,
        sum(case when brand is not null then fen else 0 end) as brand_fen,
        sum(case when product_name is not null then fen else 0 end) as style_fen
    from kept
    where age_days < $window_days
    group by customer_id
),

everybody as (
    select
        sum(category_fen) as category_fen,
        sum(brand_fen) as brand_fen,
        sum(style_fen) as style_fen
    from totals
),

usual as (
    select
        dimension,
        preference,
        sum(fen) as fen
    from spends
    group by dimension, preference
),

compared as (
    select
        spends.dimension,
        spends.customer_id,
        spends.preference,
        spends.line_count,
        cast(spends.fen as bigint) as fen,
        cast(usual.fen as bigint) as usual_fen,
        cast(
            case spends.dimension
                when 'category' then totals.category_fen
                when 'brand' then totals.brand_fen
                else totals.style_fen
            end as bigint
        ) as own_fen,
        cast(
            case spends.dimension
                when 'category' then everybody.category_fen
                when 'brand' then everybody.brand_fen
                else everybody.style_fen
            end as bigint
        ) as all_fen
    from spends
    inner join totals on spends.customer_id = totals.customer_id
    inner join usual on spends.dimension = usual.dimension and spends.preference = usual.preference
    cross join everybody
),

-- (fen / own) / (usual / all) in one division, so that equal shares give exactly 1
rated as (
    select
        dimension,
        customer_id,
        preference,
        line_count as preference_count,
        fen,
        cast((2000000 * fen + own_fen) // (2 * own_fen) as double) / 1000000 as preference_rate,
        round(
            (cast(fen as double) * cast(all_fen as double)) / (cast(own_fen as double) * cast(usual_fen as double)), 6
        ) as preference_lift
    from compared
    where line_count >= $preference_lines
),

recent as (
    select
        customer_id,
        category as preference,
        count(distinct order_key) as preference_count
    from kept
    where category is not null and age_days < $affinity_days
    group by customer_id, category
),

mentions as (
    select
        customer_tickets.customer_id,
        service_words.meaning as preference,
        customer_tickets.source || ':' || customer_tickets.row_key as mention
    from customer_tickets
    inner join service_words on strpos(lower(customer_tickets.reason), service_words.word) > 0
    where date_diff('day', customer_tickets.event_on, cast($as_of as date)) < $window_days
    union all
    select
        order_lines.customer_id,
        service_words.meaning as preference,
        order_lines.order_key || ':' || order_lines.line_id as mention
    from order_lines
    inner join service_words on strpos(lower(order_lines.product_name), service_words.word) > 0
    where
        order_lines.is_purchase
        and order_lines.line_kind = 'service'
        and order_lines.customer_id is not null
        and order_lines.ordered_on <= cast($as_of as date)
        and order_lines.ordered_on > cast($as_of as date) - $window_days
),

services as (
    select
        customer_id,
        preference,
        count(distinct mention) as preference_count
    from mentions
    group by customer_id, preference
),

chosen as (
    select
        customer_id,
        dimension,
        preference,
        preference_count,
        fen,
        preference_rate,
        preference_lift
    from rated
    where preference_rate >= $preference_share and preference_lift >= $preference_lift
    union all
    select
        customer_id,
        'recent_category' as dimension,
        preference,
        preference_count,
        cast(null as bigint) as fen,
        cast(null as double) as preference_rate,
        cast(null as double) as preference_lift
    from recent
    where preference_count >= $affinity_orders
    union all
    select
        customer_id,
        'service' as dimension,
        preference,
        preference_count,
        cast(null as bigint) as fen,
        cast(null as double) as preference_rate,
        cast(null as double) as preference_lift
    from services
    where preference_count >= $service_count
)

select
    customer_id,
    dimension,
    preference,
    row_number() over (
        partition by customer_id, dimension
        order by fen desc nulls last, preference_count desc, preference asc
    ) as preference_place,
    preference_count,
    cast(fen as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as preference_spend_amount,
    preference_rate,
    preference_lift
from chosen
