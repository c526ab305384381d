-- One row per channel of the first purchase and channel of the latest one: customers who began in the one and bought
-- last in the other.
-- Reads: orders.
-- Columns:
--   first_channel: Channel of the first purchase.
--   last_channel: Channel of the latest purchase; of customers who bought once, that of the first.
--   is_move: The two differ.
--   customer_count: Customers on this way.
--   repeat_customer_count: Those of them with two or more purchases, who could have moved at all.
--   customer_rate: Share of all customers who began in first_channel.
--   net_amount: Net money of all their purchases.
with purchases as (
    select
        customer_id,
        channel,
        net_amount,
        row_number() over (partition by customer_id order by ordered_at asc, order_key asc) as place,
        row_number() over (partition by customer_id order by ordered_at desc, order_key desc) as place_from_end
    from orders
    where is_purchase and customer_id is not null
),

ways as (
    select
        customer_id,
        max(case when place = 1 then channel end) as first_channel,
        max(case when place_from_end = 1 then channel end) as last_channel,
        count(*) as order_count,
        sum(net_amount) as net_amount
    from purchases
    group by customer_id
)

select
    first_channel,
    last_channel,
    first_channel <> last_channel as is_move,
    count(*) as customer_count,
    count(*) filter (where order_count > 1) as repeat_customer_count,
    round(count(*) / sum(count(*)) over (partition by first_channel), 6) as customer_rate,
    cast(sum(net_amount) as decimal(18, 2)) as net_amount
from ways
group by first_channel, last_channel
