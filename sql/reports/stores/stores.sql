-- One row per store that customers belong to, that sold in person or that the stores file names: its name, its members
-- who may stand on a list, and whether it ever sold anything. Reads: clean_stores, daily_kpis, store_members.
with named as (
    select
        store_id,
        max(store_name) as store_name,
        max(case when is_test then 1 else 0 end) as is_test
    from clean_stores
    group by store_id
),

sold as (
    select store_id
    from daily_kpis
    where not is_online and store_id <> '-'
    group by store_id
),

peopled as (
    select
        store_id,
        count(*) as customer_count
    from store_members
    group by store_id
),

known as (
    select store_id
    from named
    union
    select store_id
    from sold
    union
    select store_id
    from peopled
)

select
    known.store_id,
    named.store_name,
    coalesce(named.is_test, 0) = 1 as is_test,
    coalesce(peopled.customer_count, 0) as customer_count,
    sold.store_id is not null as has_sales
from known
left join named on known.store_id = named.store_id
left join sold on known.store_id = sold.store_id
left join peopled on known.store_id = peopled.store_id
