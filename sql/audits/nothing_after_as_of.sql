-- A night knows nothing after its as_of: no order, refund, purchase day or stage of a later day.
-- Reads: customers, lifecycle_stages, order_lines, orders, refunds.
with days as (
    select ordered_on as event_on
    from orders
    union all
    select ordered_on as event_on
    from order_lines
    union all
    select refunded_on as event_on
    from refunds
    union all
    select last_order_on as event_on
    from customers
    union all
    select registered_on as event_on
    from customers
    union all
    select since_on as event_on
    from lifecycle_stages
)

select count(*) as fault_count
from days
where event_on > cast($as_of as date)
