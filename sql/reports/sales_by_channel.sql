-- One row per channel with sales in the last 60 days: net sales of tonight's day, of the same weekday a week before,
-- of the last 30 days and of the 30 before. Reads: daily_kpis.
select
    channel,
    cast(coalesce(sum(net_amount) filter (where sold_on = $as_of), 0) as decimal(18, 2)) as day_amount,
    cast(coalesce(sum(net_amount) filter (where sold_on = $week_before), 0) as decimal(18, 2)) as week_amount,
    cast(coalesce(sum(net_amount) filter (where sold_on > $window_from), 0) as decimal(18, 2)) as window_amount,
    cast(coalesce(sum(net_amount) filter (where sold_on <= $window_from), 0) as decimal(18, 2)) as before_amount
from daily_kpis
where sold_on > $before_from and sold_on <= $as_of
group by channel
