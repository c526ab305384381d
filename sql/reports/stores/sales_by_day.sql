-- One row per store and day with sales or a target since $from_on: net sales of the store, and its target.
-- Reads: daily_kpis, sales_targets.
with sales as (
    select
        store_id,
        sold_on as day_on,
        sum(net_amount) as net_amount
    from daily_kpis
    where sold_on between $from_on and $as_of
    group by store_id, sold_on
),

targets as (
    select
        scope_value as store_id,
        target_on as day_on,
        target_amount
    from sales_targets
    where scope = 'store' and target_on between $from_on and $as_of
)

select
    coalesce(sales.store_id, targets.store_id) as store_id,
    coalesce(sales.day_on, targets.day_on) as day_on,
    cast(coalesce(sales.net_amount, 0) as decimal(18, 2)) as net_amount,
    targets.target_amount
from sales
full outer join targets on sales.store_id = targets.store_id and sales.day_on = targets.day_on
