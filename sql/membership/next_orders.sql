-- One row per customer and category with a known cycle: when the next purchase is expected.
-- The customer's own cycle (median of the completed gaps per piece) counts from enough days with a purchase on, else
-- that of the category. Nobody who refused profiling and no minors. Reads: category_cycles, customer_attributes,
-- order_lines.
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
        customer_id,
        category,
        ordered_on,
        quantity,
        lead(ordered_on) over (partition by customer_id, category order by ordered_on) as next_ordered_on
    from bought
),

habits as (
    select
        customer_id,
        category,
        count(*) as purchase_day_count,
        max(ordered_on) as last_bought_on,
        max(quantity) filter (where next_ordered_on is null) as bought_quantity,
        median(date_diff('day', ordered_on, next_ordered_on) / cast(quantity as double)) as own_cycle_days
    from gaps
    group by customer_id, category
),

cycles as (
    select
        habits.customer_id,
        habits.category,
        habits.purchase_day_count,
        habits.last_bought_on,
        cast(habits.bought_quantity as double) as bought_quantity,
        round(
            case
                when habits.purchase_day_count >= $own_purchases then habits.own_cycle_days
                else category_cycles.cycle_days
            end,
            6
        ) as cycle_days,
        case when habits.purchase_day_count >= $own_purchases then 'own' else 'category' end as cycle_source
    from habits
    inner join customer_attributes on habits.customer_id = customer_attributes.customer_id
    left join category_cycles on habits.category = category_cycles.category
    where not customer_attributes.profiling_opt_out and not customer_attributes.is_minor
),

expected as (
    select
        customer_id,
        category,
        purchase_day_count,
        last_bought_on,
        bought_quantity,
        cycle_days,
        cycle_source,
        last_bought_on + cast(least(round(cycle_days * bought_quantity, 0), 36500) as integer) as expected_on
    from cycles
    where cycle_days is not null
)

select
    customer_id,
    category,
    purchase_day_count,
    last_bought_on,
    bought_quantity,
    cycle_days,
    cycle_source,
    expected_on,
    date_diff('day', cast($as_of as date), expected_on) <= $due_ahead_days
    and date_diff('day', expected_on, cast($as_of as date)) <= $overdue_days as is_due
from expected
