-- One row per customer with a member number: points by every way of counting them.
-- An order earns floor(net_amount) x points per unit; net_amount has refunds taken off, so a refund takes its points
-- back. Reads: customer_attributes, member_cards, orders.
with earned as (
    select
        customer_id,
        sum(floor(net_amount) * $points_per_unit) as order_points
    from orders
    where
        is_purchase
        and ordered_on <= cast($as_of as date)
        and ($channels = '' or strpos($channels, ',' || channel || ',') > 0)
    group by customer_id
),

cards as (
    select
        customer_id,
        sum(points_balance) as reported_points,
        sum(moved_points) as moved_points,
        sum(other_points) as other_points
    from member_cards
    group by customer_id
),

counted as (
    select
        customer_attributes.customer_id,
        coalesce(earned.order_points, 0) as order_points,
        cards.moved_points,
        coalesce(cards.other_points, 0) as other_points,
        coalesce(cards.reported_points, cards.moved_points) as reported_points,
        case $ledger
            when 'orders' then coalesce(earned.order_points, 0)
            when 'orders_and_movements' then coalesce(earned.order_points, 0) + coalesce(cards.other_points, 0)
            else coalesce(cards.moved_points, 0)
        end as ledger_points
    from customer_attributes
    left join earned on customer_attributes.customer_id = earned.customer_id
    left join cards on customer_attributes.customer_id = cards.customer_id
    where customer_attributes.is_member
)

select
    customer_id,
    order_points,
    moved_points,
    other_points,
    reported_points,
    ledger_points,
    reported_points - ledger_points as ledger_difference
from counted
