-- One row per customer and category with a known cycle: when the next purchase is expected.
-- The customer's own cycle (median of the completed gaps per piece) counts from enough days with a purchase on, else
-- that of the category. Nobody who refused profiling and no minors. Nothing is expected more than $furthest_days
-- after the last purchase. Reads: category_cycles, category_purchases, customer_attributes.
with habits as (
    select
        customer_id,
        category,
        count(*) as purchase_day_count,
        max(bought_on) as last_bought_on,
        max(bought_quantity) filter (where next_bought_on is null) as bought_quantity,
        median(date_diff('day', bought_on, next_bought_on) / cast(bought_quantity as double)) as own_cycle_days
    from category_purchases
    group by customer_id, category
),

cycles as (
    select
        habits.customer_id,
        habits.category,
        habits.purchase_day_count,
        habits.last_bought_on,
        cast(habits.bought_quantity as decimal(18, 4)) as bought_quantity,
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
        -- the cycle as it is published times whole pieces, exactly: as floats 1.005 days times 100 would be 100
        last_bought_on + cast(
            least(round(cast(cycle_days as decimal(18, 6)) * bought_quantity, 0), $furthest_days) as integer
        ) as expected_on
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
