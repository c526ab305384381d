-- One row per slice and buyer of goods: how many different articles and categories they had bought before the cutoff.
-- What came back later still counts: it was bought.
-- Reads: feature_cutoffs, order_lines.
with first_bought as (
    select
        customer_id,
        sku,
        category,
        min(ordered_on) as first_on
    from order_lines
    where
        customer_id is not null
        and line_kind = 'goods'
        and not is_return
        and paid_amount > 0
        and (excluded_because is null or excluded_because = 'fully_returned')
    group by customer_id, sku, category
),

skus as (
    select
        customer_id,
        sku,
        min(first_on) as first_on
    from first_bought
    where sku is not null
    group by customer_id, sku
),

categories as (
    select
        customer_id,
        category,
        min(first_on) as first_on
    from first_bought
    where category is not null
    group by customer_id, category
),

firsts as (
    select
        customer_id,
        first_on,
        count(*) as sku_count,
        0 as category_count
    from skus
    group by customer_id, first_on
    union all
    select
        customer_id,
        first_on,
        0 as sku_count,
        count(*) as category_count
    from categories
    group by customer_id, first_on
),

drawn as (
    select
        *,
        md5(concat('slice:', customer_id)) as draw
    from firsts
)

select
    feature_cutoffs.cutoff_on,
    drawn.customer_id,
    sum(drawn.sku_count) as sku_count,
    sum(drawn.category_count) as category_count
from drawn
cross join feature_cutoffs
where drawn.first_on < feature_cutoffs.cutoff_on and drawn.draw < feature_cutoffs.draw_below
group by feature_cutoffs.cutoff_on, drawn.customer_id
