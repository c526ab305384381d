-- One row per customer who may be profiled and category: kept lines of goods of the window.
-- Reads: customer_attributes, order_lines.
with bought as (
    select
        customer_id,
        category,
        count(*) as line_count
    from order_lines
    where
        is_purchase
        and line_kind = 'goods'
        and net_amount > 0
        and customer_id is not null
        and category is not null
        and ordered_on <= cast($as_of as date)
        and ordered_on > cast($as_of as date) - $window_days
    group by customer_id, category
)

select
    bought.customer_id,
    bought.category,
    bought.line_count
from bought
inner join customer_attributes on bought.customer_id = customer_attributes.customer_id
where not customer_attributes.profiling_opt_out and not customer_attributes.is_minor
