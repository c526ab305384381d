-- One row per line of an order, returns netted on their originals.
-- Reads: clean_products, order_line_amounts, orders, returns_matched.
with
given_back as (
    select
        original_order_key as order_key,
        original_line_id as line_id,
        sum(returned_amount) as returned_amount,
        sum(returned_quantity) as returned_quantity
    from returns_matched
    group by original_order_key, original_line_id
),

-- several masters may list a sku: the first that tells each fact, in the order of their names
products as (
    select
        sku,
        min_by(product_name, source || ':' || row_key) filter (where product_name is not null) as product_name,
        min_by(category, source || ':' || row_key) filter (where category is not null) as category,
        min_by(unit_cost, source || ':' || row_key) filter (where unit_cost is not null) as unit_cost
    from clean_products
    group by sku
),

netted as (
    select
        order_line_amounts.*,
        orders.source,
        orders.order_id,
        orders.channel,
        orders.store_id,
        orders.customer_id,
        orders.ordered_at,
        orders.ordered_on,
        orders.status,
        orders.currency,
        orders.is_purchase,
        orders.excluded_because as order_excluded_because,
        returns_matched.original_order_key,
        returns_matched.original_line_id,
        coalesce(given_back.returned_quantity, 0) as returned_quantity,
        case when returns_matched.order_key is null then order_line_amounts.paid_amount else 0 end
            as kept_paid_amount,
        order_line_amounts.refund_amount + coalesce(given_back.returned_amount, 0) as all_refund_amount,
        -- goods that a matched return brings back are taken off their original, not off the return again
        case
            when returns_matched.order_key is not null then 0
            when
                not order_line_amounts.is_return
                and order_line_amounts.refund_amount + coalesce(given_back.returned_amount, 0)
                >= order_line_amounts.paid_amount
                and order_line_amounts.paid_amount > 0
                then 0
            else order_line_amounts.quantity - coalesce(given_back.returned_quantity, 0)
        end as kept_quantity,
        coalesce(order_line_amounts.product_name, products.product_name) as known_product_name,
        coalesce(order_line_amounts.category, products.category) as known_category,
        products.unit_cost
    from order_line_amounts
    inner join orders on order_line_amounts.order_key = orders.order_key
    left join returns_matched
        on
            order_line_amounts.order_key = returns_matched.order_key
            and order_line_amounts.line_id = returns_matched.line_id
    left join given_back
        on
            order_line_amounts.order_key = given_back.order_key
            and order_line_amounts.line_id = given_back.line_id
    left join products on order_line_amounts.sku = products.sku
)

select
    order_key,
    line_id,
    source,
    order_id,
    channel,
    store_id,
    customer_id,
    ordered_at,
    ordered_on,
    status,
    is_purchase and line_barred_because is null as is_purchase,
    coalesce(line_barred_because, order_excluded_because) as excluded_because,
    line_kind,
    is_return,
    original_order_key,
    original_line_id,
    sku,
    known_product_name as product_name,
    known_category as category,
    quantity,
    returned_quantity,
    unit_price,
    list_amount,
    discount_amount,
    kept_paid_amount as paid_amount,
    all_refund_amount as refund_amount,
    kept_paid_amount - all_refund_amount as net_amount,
    shipping_amount,
    unit_cost,
    kept_paid_amount - all_refund_amount - rounded_product(unit_cost, kept_quantity) as margin_amount,
    currency,
    original_paid_amount
from netted
