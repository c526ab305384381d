-- Every customer named by an order, a line, a refund, a score, a stage or a segment stands in customers.
-- Reads: customers, lifecycle_stages, order_lines, orders, refunds, rfm_scores, segment_members.
with named as (
    select customer_id
    from orders
    union
    select customer_id
    from order_lines
    union
    select customer_id
    from refunds
    union
    select customer_id
    from rfm_scores
    union
    select customer_id
    from lifecycle_stages
    union
    select customer_id
    from segment_members
)

select count(*) as fault_count
from named
anti join customers on named.customer_id = customers.customer_id
where named.customer_id is not null
