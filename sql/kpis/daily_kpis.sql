-- One row per day, store and channel with a purchase; every column adds up over rows.
-- Refunds stand on the day of their order. A customer is new in the cell of their first purchase of all, ties to the
-- first order_key, so each customer counts once. Reads: customer_attributes, orders.
with purchases as (
    select
        orders.ordered_on,
        orders.ordered_at,
        orders.order_key,
        orders.customer_id,
        orders.channel,
        coalesce(orders.store_id, $nowhere) as store_id,
        coalesce(orders.quantity, 0) as quantity,
        orders.paid_amount,
        orders.refund_amount,
        orders.net_amount
    from orders
    where orders.is_purchase and orders.ordered_on <= cast($as_of as date)
),

first_moments as (
    select
        customer_id,
        min(ordered_at) as first_ordered_at
    from purchases
    where customer_id is not null
    group by customer_id
),

first_orders as (
    select min(purchases.order_key) as order_key
    from purchases
    inner join first_moments
        on
            purchases.customer_id = first_moments.customer_id
            and purchases.ordered_at = first_moments.first_ordered_at
    group by purchases.customer_id
),

marked as (
    select
        purchases.ordered_on,
        purchases.store_id,
        purchases.channel,
        purchases.quantity,
        purchases.paid_amount,
        purchases.refund_amount,
        purchases.net_amount,
        purchases.customer_id is null as is_anonymous,
        coalesce(customer_attributes.is_member, false) as is_member,
        first_orders.order_key is not null as is_first
    from purchases
    left join customer_attributes on purchases.customer_id = customer_attributes.customer_id
    left join first_orders on purchases.order_key = first_orders.order_key
    where date_diff('day', purchases.ordered_on, cast($as_of as date)) < $daily_history_days
)

select
    ordered_on as sold_on,
    store_id,
    channel,
    strpos($store_channels, ',' || channel || ',') = 0 as is_online,
    count(*) as order_count,
    count(*) filter (where is_anonymous) as anonymous_order_count,
    count(*) filter (where is_member) as member_order_count,
    count(*) filter (where is_first) as new_customer_count,
    count(*) filter (where not is_first and not is_anonymous) as returning_order_count,
    sum(quantity) as quantity,
    sum(paid_amount) as paid_amount,
    sum(refund_amount) as refund_amount,
    sum(net_amount) as net_amount,
    coalesce(sum(net_amount) filter (where is_member), 0) as member_net_amount
from marked
group by ordered_on, store_id, channel
