-- One row per day with sales or a target since $from_on: net sales of the whole shop, and the target.
-- Reads: daily_kpis, sales_targets.
with sales as (
    select
        sold_on as day_on,
        sum(net_amount) as net_amount
    from daily_kpis
    where sold_on between $from_on and $as_of
    group by sold_on
),

targets as (
    select
        target_on as day_on,
        target_amount
    from sales_targets
    where scope = 'total' and target_on between $from_on and $as_of
)

select
    coalesce(sales.day_on, targets.day_on) as day_on,
    cast(coalesce(sales.net_amount, 0) as decimal(18, 2)) as net_amount,
    targets.target_amount
from sales
full outer join targets on sales.day_on = targets.day_on
