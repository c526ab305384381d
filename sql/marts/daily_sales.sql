-- One row per day and channel with a purchase: orders, buyers and money.
-- Reads: orders.
-- Columns:
--   customer_count: Known customers who bought.
--   anonymous_order_count: Purchases without a known customer.
--   mean_order_amount: Net money per purchase.
--   paid_amount: What the customers paid for these purchases.
--   refund_amount: What of it was given back until as_of.
select
    ordered_on,
    channel,
    count(*) as order_count,
    count(distinct customer_id) as customer_count,
    count(*) filter (where customer_id is null) as anonymous_order_count,
    cast(sum(paid_amount) as decimal(18, 2)) as paid_amount,
    cast(sum(refund_amount) as decimal(18, 2)) as refund_amount,
    cast(sum(net_amount) as decimal(18, 2)) as net_amount,
    cast(sum(net_amount) / count(*) as decimal(18, 2)) as mean_order_amount
from orders
where is_purchase
group by ordered_on, channel
