-- One row per customer, category and day with a purchase of it: the pieces bought, and the day of the next purchase.
-- Pieces that came back do not count, and a line that is paid back in full is no purchase. Where quantity does not
-- count, a day is one piece. What was never bought again is open on as_of: next_bought_on is null.
-- Reads: order_lines, whole_categories (word).
with days as (
    select
        customer_id,
        category,
        ordered_on as bought_on,
        greatest(sum(quantity - returned_quantity), 1) as pieces
    from order_lines
    where
        is_purchase
        and line_kind = 'goods'
        and customer_id is not null
        and category is not null
        and net_amount > 0
        and ordered_on <= cast($as_of as date)
        and coalesce(quantity, 1) > returned_quantity
    group by customer_id, category, ordered_on
)

select
    days.customer_id,
    days.category,
    days.bought_on,
    case when $quantity_aware and whole_categories.word is null then days.pieces else 1 end as bought_quantity,
    lead(days.bought_on) over (partition by days.customer_id, days.category order by days.bought_on) as next_bought_on
from days
left join whole_categories on days.category = whole_categories.word
