-- One row per return line, and per line that may be the original of one: of an order that a return names, or of
-- the same source, customer, sku and price.
-- Reads: customer_profiles, order_line_amounts, order_totals.
with
owned_orders as (
    select
        order_totals.order_key,
        order_totals.source,
        order_totals.order_id,
        customer_profiles.customer_id,
        order_totals.ordered_at,
        order_totals.currency,
        order_totals.rate
    from order_totals
    left join customer_profiles
        on order_totals.source = customer_profiles.source and order_totals.profile_key = customer_profiles.profile_key
    where order_totals.order_barred_because is null
),

lines as (
    select
        order_key,
        line_id,
        is_return,
        case when is_return then original_order_id end as original_order_id,
        sku,
        abs(coalesce(
            unit_price,
            case when quantity <> 0 then round(original_paid_amount / quantity, 4) end
        )) as unit_price,
        abs(coalesce(quantity, 1)) as quantity,
        original_paid_amount,
        paid_amount
    from order_line_amounts
    where line_barred_because is null or line_barred_because = 'return'
),

return_lines as (
    select
        owned_orders.source,
        owned_orders.customer_id,
        lines.original_order_id,
        lines.sku,
        lines.unit_price
    from lines
    inner join owned_orders on lines.order_key = owned_orders.order_key
    where lines.is_return
),

stated as (
    select distinct
        source,
        original_order_id as order_id
    from return_lines
    where original_order_id is not null
),

searched as (
    select distinct
        source,
        customer_id,
        sku,
        unit_price
    from return_lines
    where customer_id is not null and sku is not null and unit_price is not null
),

returners as (
    select distinct
        source,
        customer_id
    from searched
),

-- few orders can matter: the returns' own, those that they name, and those of their customers
near_orders as (
    select
        owned_orders.order_key,
        owned_orders.source,
        owned_orders.order_id,
        owned_orders.customer_id,
        owned_orders.ordered_at,
        owned_orders.currency,
        owned_orders.rate,
        stated.order_id is not null as is_stated
    from owned_orders
    left join stated on owned_orders.source = stated.source and owned_orders.order_id = stated.order_id
    left join returners
        on owned_orders.source = returners.source and owned_orders.customer_id = returners.customer_id
    where stated.order_id is not null or returners.customer_id is not null
),

return_orders as (
    select distinct order_key
    from lines
    where is_return
),

own_orders as (
    select
        owned_orders.order_key,
        owned_orders.source,
        owned_orders.order_id,
        owned_orders.customer_id,
        owned_orders.ordered_at,
        owned_orders.currency,
        owned_orders.rate
    from owned_orders
    inner join return_orders on owned_orders.order_key = return_orders.order_key
)

select
    lines.order_key,
    lines.line_id,
    own_orders.source,
    own_orders.order_id,
    own_orders.customer_id,
    own_orders.ordered_at,
    lines.is_return,
    lines.original_order_id,
    lines.sku,
    lines.unit_price,
    lines.quantity,
    own_orders.currency,
    own_orders.rate,
    lines.original_paid_amount,
    lines.paid_amount
from lines
inner join own_orders on lines.order_key = own_orders.order_key
where lines.is_return
union all
select
    lines.order_key,
    lines.line_id,
    near_orders.source,
    near_orders.order_id,
    near_orders.customer_id,
    near_orders.ordered_at,
    lines.is_return,
    lines.original_order_id,
    lines.sku,
    lines.unit_price,
    lines.quantity,
    near_orders.currency,
    near_orders.rate,
    lines.original_paid_amount,
    lines.paid_amount
from lines
inner join near_orders on lines.order_key = near_orders.order_key
left join searched
    on
        near_orders.source = searched.source
        and near_orders.customer_id = searched.customer_id
        and lines.sku = searched.sku
        and lines.unit_price = searched.unit_price
where not lines.is_return and (near_orders.is_stated or searched.customer_id is not null)
