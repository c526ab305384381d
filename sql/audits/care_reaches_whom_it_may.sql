-- Occasions to write and next orders name customers who refused no profiling and are not known to be minors.
-- Reads: care_dates, customers, next_orders.
with named as (
    select customer_id
    from care_dates
    union all
    select customer_id
    from next_orders
)

select count(*) as fault_count
from named
left join customers on named.customer_id = customers.customer_id
where coalesce(customers.profiling_opt_out, true) or coalesce(customers.is_minor, true)
