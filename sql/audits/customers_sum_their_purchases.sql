-- Purchases, net money, first and last day of every customer are those of their orders.
-- Reads: customers, orders.
with bought as (
    select
        customer_id,
        count(*) as order_count,
        sum(net_amount) as net_amount,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on
    from orders
    where is_purchase and customer_id is not null
    group by customer_id
)

select count(*) as fault_count
from customers
full join bought on customers.customer_id = bought.customer_id
where
    coalesce(customers.order_count, -1) <> coalesce(bought.order_count, 0)
    or customers.net_amount <> coalesce(bought.net_amount, 0)
    or customers.first_order_on is distinct from bought.first_order_on
    or customers.last_order_on is distinct from bought.last_order_on
