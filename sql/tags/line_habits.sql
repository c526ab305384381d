-- One row per customer with a kept line in the window: what they spend, at which discount, how early.
-- A kept line is goods of a purchase with net_amount > 0. A discount counts up to the list amount of its line.
-- Reads: order_lines, product_traits.
with kept as (
    select
        order_lines.customer_id,
        order_lines.order_key,
        order_lines.net_amount,
        coalesce(order_lines.discount_amount, 0) as discount_amount,
        coalesce(
            order_lines.list_amount,
            order_lines.paid_amount + coalesce(order_lines.discount_amount, 0)
        ) as list_amount,
        product_traits.new_from_on is not null
        and order_lines.ordered_on >= product_traits.new_from_on
        and date_diff('day', product_traits.new_from_on, order_lines.ordered_on) < $new_product_days as is_new
    from order_lines
    left join product_traits on order_lines.sku = product_traits.sku
    where
        order_lines.is_purchase
        and order_lines.line_kind = 'goods'
        and order_lines.net_amount > 0
        and order_lines.customer_id is not null
        and order_lines.ordered_on <= cast($as_of as date)
        and order_lines.ordered_on > cast($as_of as date) - $window_days
),

sums as (
    select
        customer_id,
        count(*) as habit_line_count,
        sum(net_amount) as habit_spend_amount,
        sum(case when discount_amount > 0 then net_amount else 0 end) as discounted_spend_amount,
        sum(greatest(least(discount_amount, list_amount), 0)) as given_discount_amount,
        sum(greatest(list_amount, 0)) as habit_list_amount
    from kept
    group by customer_id
),

new_orders as (
    select
        customer_id,
        count(distinct order_key) as new_product_order_count
    from kept
    where is_new
    group by customer_id
)

select
    sums.customer_id,
    sums.habit_line_count,
    sums.habit_spend_amount,
    sums.discounted_spend_amount,
    sums.given_discount_amount,
    sums.habit_list_amount,
    coalesce(new_orders.new_product_order_count, 0) as new_product_order_count
from sums
left join new_orders on sums.customer_id = new_orders.customer_id
