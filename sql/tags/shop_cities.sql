-- One row per customer who may be profiled and bought in stores of known cities: the city of most of these purchases.
-- Ties go to the most recent purchase, then to the name.
-- Reads: clean_stores, customer_attributes, orders.
with stores as (
    select
        store_id,
        min_by(province, source || ':' || row_key) filter (where city is not null) as province,
        min_by(city, source || ':' || row_key) filter (where city is not null) as city
    from clean_stores
    group by store_id
),

visits as (
    select
        orders.customer_id,
        stores.province,
        stores.city,
        count(*) as order_count,
        max(orders.ordered_on) as last_order_on
    from orders
    inner join stores on orders.store_id = stores.store_id
    inner join customer_attributes on orders.customer_id = customer_attributes.customer_id
    where
        orders.is_purchase
        and stores.city is not null
        and orders.ordered_on <= cast($as_of as date)
        and not customer_attributes.profiling_opt_out
        and not customer_attributes.is_minor
    group by orders.customer_id, stores.province, stores.city
),

ranked as (
    select
        customer_id,
        province,
        city,
        order_count,
        sum(order_count) over (partition by customer_id) as all_order_count,
        row_number() over (
            partition by customer_id
            order by order_count desc, last_order_on desc, city asc, province asc nulls last
        ) as place
    from visits
)

select
    customer_id,
    province as shop_province,
    city as shop_city,
    order_count as shop_city_order_count,
    round(cast(order_count as double) / all_order_count, 6) as shop_city_rate
from ranked
where place = 1
