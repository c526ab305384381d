-- One row per product sold: its brand and the day from which it counts as new.
-- The day of launch wins; else the first sale, unless it lies so near the first order known that the product may be
-- older than the history.
-- Reads: clean_products, order_lines.
with sales as (
    select
        sku,
        min(ordered_on) as first_sold_on
    from order_lines
    where is_purchase and line_kind = 'goods' and sku is not null and ordered_on <= cast($as_of as date)
    group by sku
),

history as (
    select min(ordered_on) as history_starts_on
    from order_lines
    where ordered_on <= cast($as_of as date)
),

-- several masters may list a sku: the first that tells a brand, in the order of their names; the earliest launch
masters as (
    select
        sku,
        min_by(brand, source || ':' || row_key) filter (where brand is not null) as brand,
        min(launched_on) as launched_on
    from clean_products
    group by sku
)

select
    sales.sku,
    masters.brand,
    masters.launched_on,
    sales.first_sold_on,
    coalesce(
        masters.launched_on,
        case
            when date_diff('day', history.history_starts_on, sales.first_sold_on) >= $settling_days
                then sales.first_sold_on
        end
    ) as new_from_on
from sales
cross join history
left join masters on sales.sku = masters.sku
