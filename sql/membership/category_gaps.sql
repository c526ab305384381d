-- One row per category and length of gap: how many gaps ended then with another purchase, how many are open since.
-- A gap begins on a day with a purchase of the category and is counted per piece bought on that day: 60 days after
-- two tins are 30 days a tin. A gap that nothing has ended is open (censored) on as_of. Pieces that came back do not
-- count, and a line that is paid back in full is no purchase. Reads: order_lines.
with bought as (
    select
        customer_id,
        category,
        ordered_on,
        case
            when $quantity_aware and strpos($whole_purchase_categories, chr(10) || category || chr(10)) = 0
                then greatest(sum(quantity - returned_quantity), 1)
            else 1
        end as quantity
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
),

gaps as (
    select
        category,
        ordered_on,
        quantity,
        lead(ordered_on) over (partition by customer_id, category order by ordered_on) as next_ordered_on
    from bought
)

select
    category,
    round(
        date_diff('day', ordered_on, coalesce(next_ordered_on, cast($as_of as date))) / cast(quantity as double), 6
    ) as gap_days,
    count(*) filter (where next_ordered_on is not null) as completed_count,
    count(*) filter (where next_ordered_on is null) as censored_count
from gaps
group by
    category,
    round(
        date_diff('day', ordered_on, coalesce(next_ordered_on, cast($as_of as date))) / cast(quantity as double), 6
    )
