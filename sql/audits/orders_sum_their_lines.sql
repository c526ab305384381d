-- Every order has its lines, and they sum to its net money, counted and uncounted, to the cent.
-- Reads: order_lines, orders.
with lines as (
    select
        order_key,
        count(*) as line_count,
        sum(net_amount) as net_amount
    from order_lines
    group by order_key
)

select count(*) as fault_count
from orders
full join lines on orders.order_key = lines.order_key
where
    orders.line_count is distinct from lines.line_count
    or orders.net_amount + orders.uncounted_amount is distinct from lines.net_amount
