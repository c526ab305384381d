-- One row per return line, and per line that may be the original of one: of an order that a return names, or of
-- the same source, customer, sku and price.
-- Reads: order_line_amounts.
with
lines as (
    select
        order_key,
        line_id,
        source,
        order_id,
        customer_id,
        ordered_at,
        is_return,
        case when is_return then original_order_id end as original_order_id,
        sku,
        abs(coalesce(
            unit_price,
            case when quantity <> 0 then round(original_paid_amount / quantity, 4) end
        )) as unit_price,
        abs(coalesce(quantity, 1)) as quantity,
        currency,
        rate,
        original_paid_amount,
        paid_amount
    from order_line_amounts
    where
        order_barred_because is null
        and (line_barred_because is null or line_barred_because = 'return')
),

stated as (
    select distinct
        source,
        original_order_id as order_id
    from lines
    where is_return and original_order_id is not null
),

searched as (
    select distinct
        source,
        customer_id,
        sku,
        unit_price
    from lines
    where is_return and customer_id is not null and sku is not null and unit_price is not null
)

select
    lines.order_key,
    lines.line_id,
    lines.source,
    lines.order_id,
    lines.customer_id,
    lines.ordered_at,
    lines.is_return,
    lines.original_order_id,
    lines.sku,
    lines.unit_price,
    lines.quantity,
    lines.currency,
    lines.rate,
    lines.original_paid_amount,
    lines.paid_amount
from lines
left join stated on lines.source = stated.source and lines.order_id = stated.order_id
left join searched
    on
        lines.source = searched.source
        and lines.customer_id = searched.customer_id
        and lines.sku = searched.sku
        and lines.unit_price = searched.unit_price
where lines.is_return or stated.order_id is not null or searched.customer_id is not null
