-- Net money of all customers and of anonymous purchases is the net money of all purchases; fault = a cent.
-- Reads: customers, orders.
with told as (
    select coalesce(sum(net_amount), 0) as net_amount
    from customers
),

sold as (
    select
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(net_amount) filter (where customer_id is null), 0) as anonymous_amount
    from orders
    where is_purchase
)

select cast(abs(told.net_amount + sold.anonymous_amount - sold.net_amount) * 100 as bigint) as fault_count
from told
cross join sold
