-- One row per compared day (tonight's, a week before, 364 days before: the same weekday): what was sold on it.
-- is_known is false before the first day of sales, where nothing sold means nothing known. Reads: daily_kpis.
with first_day as (
    select min(sold_on) as first_on
    from daily_kpis
),

days as (
    select
        'now' as day_name,
        cast($as_of as date) as day_on
    union all
    select
        'week' as day_name,
        cast($week_before as date) as day_on
    union all
    select
        'year' as day_name,
        cast($year_before as date) as day_on
)

select
    days.day_name,
    days.day_on,
    coalesce(days.day_on >= first_day.first_on, false) as is_known,
    cast(coalesce(sum(daily_kpis.net_amount), 0) as decimal(18, 2)) as net_amount,
    cast(coalesce(sum(daily_kpis.paid_amount), 0) as decimal(18, 2)) as paid_amount,
    cast(coalesce(sum(daily_kpis.refund_amount), 0) as decimal(18, 2)) as refund_amount,
    cast(coalesce(sum(daily_kpis.member_net_amount), 0) as decimal(18, 2)) as member_net_amount,
    cast(coalesce(sum(daily_kpis.order_count), 0) as bigint) as order_count,
    cast(coalesce(sum(daily_kpis.new_customer_count), 0) as bigint) as new_customer_count,
    cast(coalesce(sum(daily_kpis.returning_order_count), 0) as bigint) as returning_order_count
from days
cross join first_day
left join daily_kpis on days.day_on = daily_kpis.sold_on
group by days.day_name, days.day_on, first_day.first_on
