-- net_amount = paid_amount - refund_amount in every order and every line.
-- Reads: order_lines, orders.
with money as (
    select
        paid_amount,
        refund_amount,
        net_amount
    from orders
    union all
    select
        paid_amount,
        refund_amount,
        net_amount
    from order_lines
)

select count(*) as fault_count
from money
where net_amount <> paid_amount - refund_amount
