-- One row per store and compared day (tonight's, a week before, 364 days before): what the store sold on it.
-- is_known is false before the first day of the store's own sales. Reads: daily_kpis.
with first_days as (
    select
        store_id,
        min(sold_on) as first_on
    from daily_kpis
    group by store_id
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
),

sold as (
    select
        store_id,
        sold_on,
        sum(net_amount) as net_amount,
        sum(paid_amount) as paid_amount,
        sum(refund_amount) as refund_amount,
        sum(member_net_amount) as member_net_amount,
        sum(order_count) as order_count,
        sum(returning_order_count) as returning_order_count
    from daily_kpis
    where sold_on in ($as_of, $week_before, $year_before)
    group by store_id, sold_on
)

select
    first_days.store_id,
    days.day_name,
    days.day_on,
    days.day_on >= first_days.first_on as is_known,
    cast(coalesce(sold.net_amount, 0) as decimal(18, 2)) as net_amount,
    cast(coalesce(sold.paid_amount, 0) as decimal(18, 2)) as paid_amount,
    cast(coalesce(sold.refund_amount, 0) as decimal(18, 2)) as refund_amount,
    cast(coalesce(sold.member_net_amount, 0) as decimal(18, 2)) as member_net_amount,
    cast(coalesce(sold.order_count, 0) as bigint) as order_count,
    cast(0 as bigint) as new_customer_count,
    cast(coalesce(sold.returning_order_count, 0) as bigint) as returning_order_count
from first_days
cross join days
left join sold on first_days.store_id = sold.store_id and days.day_on = sold.sold_on
