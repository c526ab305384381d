-- One row per store that sold in person in the last 60 days: net sales of tonight's day, of the same weekday a week
-- before, of the last 30 days and of the 30 before, the day's target, and the customers who belong to the store.
-- Reads: clean_stores, customers, daily_kpis, sales_targets.
with sales as (
    select
        store_id,
        sum(net_amount) filter (where sold_on = $as_of) as day_amount,
        sum(net_amount) filter (where sold_on = $week_before) as week_amount,
        sum(net_amount) filter (where sold_on > $window_from) as window_amount,
        sum(net_amount) filter (where sold_on <= $window_from) as before_amount
    from daily_kpis
    where not is_online and sold_on > $before_from and sold_on <= $as_of
    group by store_id
),

targets as (
    select
        scope_value as store_id,
        target_amount
    from sales_targets
    where scope = 'store' and target_on = $as_of
),

names as (
    select
        store_id,
        max(store_name) as store_name
    from clean_stores
    group by store_id
),

peopled as (
    select
        home_store_id as store_id,
        count(*) as customer_count
    from customers
    where home_store_id is not null
    group by home_store_id
)

select
    sales.store_id,
    names.store_name,
    cast(coalesce(sales.day_amount, 0) as decimal(18, 2)) as day_amount,
    cast(coalesce(sales.week_amount, 0) as decimal(18, 2)) as week_amount,
    cast(coalesce(sales.window_amount, 0) as decimal(18, 2)) as window_amount,
    cast(coalesce(sales.before_amount, 0) as decimal(18, 2)) as before_amount,
    targets.target_amount,
    coalesce(peopled.customer_count, 0) as customer_count
from sales
left join targets on sales.store_id = targets.store_id
left join names on sales.store_id = names.store_id
left join peopled on sales.store_id = peopled.store_id
