-- One row per slice and buyer of goods: how many different articles and categories they had bought before the cutoff.
-- What came back later still counts: it was bought.
-- Reads: feature_cutoffs, order_lines.
with bought as (
    select
        customer_id,
        sku,
        category,
        ordered_on
    from order_lines
    where
        customer_id is not null
        and line_kind = 'goods'
        and not is_return
        and paid_amount > 0
        and (excluded_because is null or excluded_because = 'fully_returned')
),

-- tonight's slice has everybody, and one day to count before
scored as (
    select
        feature_cutoffs.cutoff_on,
        bought.customer_id,
        count(distinct bought.sku) as sku_count,
        count(distinct bought.category) as category_count
    from bought
    cross join feature_cutoffs
    where feature_cutoffs.is_scored and bought.ordered_on < feature_cutoffs.cutoff_on
    group by feature_cutoffs.cutoff_on, bought.customer_id
),

-- the others have many days, and the few who were drawn
drawn as (
    select
        customer_id,
        md5(concat('slice:', customer_id)) as draw
    from scored
    where md5(concat('slice:', customer_id)) < (
        select max(slices.draw_below)
        from feature_cutoffs as slices
        where not slices.is_scored
    )
),

first_bought as (
    select
        bought.customer_id,
        drawn.draw,
        bought.sku,
        bought.category,
        min(bought.ordered_on) as first_on
    from bought
    inner join drawn on bought.customer_id = drawn.customer_id
    group by bought.customer_id, drawn.draw, bought.sku, bought.category
),

firsts as (
    select
        customer_id,
        draw,
        min(first_on) as first_on,
        1 as sku_count,
        0 as category_count
    from first_bought
    where sku is not null
    group by customer_id, draw, sku
    union all
    select
        customer_id,
        draw,
        min(first_on) as first_on,
        0 as sku_count,
        1 as category_count
    from first_bought
    where category is not null
    group by customer_id, draw, category
),

by_day as (
    select
        customer_id,
        draw,
        first_on,
        sum(sku_count) as sku_count,
        sum(category_count) as category_count
    from firsts
    group by customer_id, draw, first_on
)

select
    cutoff_on,
    customer_id,
    sku_count,
    category_count
from scored
where sku_count > 0 or category_count > 0
union all
select
    feature_cutoffs.cutoff_on,
    by_day.customer_id,
    sum(by_day.sku_count) as sku_count,
    sum(by_day.category_count) as category_count
from by_day
cross join feature_cutoffs
where
    not feature_cutoffs.is_scored
    and by_day.first_on < feature_cutoffs.cutoff_on
    and by_day.draw < feature_cutoffs.draw_below
group by feature_cutoffs.cutoff_on, by_day.customer_id
