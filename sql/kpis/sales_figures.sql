-- One row per period, scope and metric of trade: tonight's figure and the one it is compared with.
-- Every scope that sold in a period or the one before, or has a target in it, has all metrics; a share of nothing is
-- null. Reads: daily_kpis, kpi_periods, sales_targets.
with cells as (
    select
        kpi_periods.period,
        kpi_periods.is_now,
        daily_kpis.store_id,
        daily_kpis.channel,
        daily_kpis.is_online,
        sum(daily_kpis.order_count) as order_count,
        sum(daily_kpis.new_customer_count) as new_customer_count,
        sum(daily_kpis.returning_order_count) as returning_order_count,
        sum(daily_kpis.paid_amount) as paid_amount,
        sum(daily_kpis.refund_amount) as refund_amount,
        sum(daily_kpis.net_amount) as net_amount,
        sum(daily_kpis.member_net_amount) as member_net_amount
    from daily_kpis
    inner join kpi_periods on daily_kpis.sold_on between kpi_periods.from_on and kpi_periods.until_on
    group by
        kpi_periods.period,
        kpi_periods.is_now,
        daily_kpis.store_id,
        daily_kpis.channel,
        daily_kpis.is_online
),

scoped as (
    select
        cells.*,
        'total' as scope,
        'all' as scope_value
    from cells
    union all
    select
        cells.*,
        'channel' as scope,
        cells.channel as scope_value
    from cells
    union all
    select
        cells.*,
        'store' as scope,
        cells.store_id as scope_value
    from cells
),

summed as (
    select
        period,
        is_now,
        scope,
        scope_value,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        sum(returning_order_count) as returning_order_count,
        sum(paid_amount) as paid_amount,
        sum(refund_amount) as refund_amount,
        sum(net_amount) as net_amount,
        sum(member_net_amount) as member_net_amount,
        coalesce(sum(order_count) filter (where is_online), 0) as online_order_count,
        coalesce(sum(net_amount) filter (where is_online), 0) as online_net_amount,
        coalesce(sum(new_customer_count) filter (where is_online), 0) as online_new_customer_count
    from scoped
    group by period, is_now, scope, scope_value
),

-- only where every day of the period has a target
targets as (
    select
        kpi_periods.period,
        sales_targets.scope,
        sales_targets.scope_value,
        sum(sales_targets.target_amount) as target_value
    from sales_targets
    inner join kpi_periods
        on sales_targets.target_on between kpi_periods.from_on and kpi_periods.until_on and kpi_periods.is_now
    group by
        kpi_periods.period,
        kpi_periods.from_on,
        kpi_periods.until_on,
        sales_targets.scope,
        sales_targets.scope_value
    having count(*) = date_diff('day', kpi_periods.from_on, kpi_periods.until_on) + 1
),

-- whatever sold or was to sell has figures now and before, zero where nothing was sold
spine as (
    select
        period,
        scope,
        scope_value
    from summed
    union
    select
        period,
        scope,
        scope_value
    from targets
),

complete as (
    select
        spine.period,
        kpi_periods.is_now,
        spine.scope,
        spine.scope_value,
        coalesce(summed.order_count, 0) as order_count,
        coalesce(summed.new_customer_count, 0) as new_customer_count,
        coalesce(summed.returning_order_count, 0) as returning_order_count,
        coalesce(summed.paid_amount, 0) as paid_amount,
        coalesce(summed.refund_amount, 0) as refund_amount,
        coalesce(summed.net_amount, 0) as net_amount,
        coalesce(summed.member_net_amount, 0) as member_net_amount,
        coalesce(summed.online_order_count, 0) as online_order_count,
        coalesce(summed.online_net_amount, 0) as online_net_amount,
        coalesce(summed.online_new_customer_count, 0) as online_new_customer_count
    from spine
    inner join kpi_periods on spine.period = kpi_periods.period
    left join summed
        on
            spine.period = summed.period
            and kpi_periods.is_now = summed.is_now
            and spine.scope = summed.scope
            and spine.scope_value = summed.scope_value
),

-- shares are rounded to 6 places, the average order to the cent (halves up, in whole fen)
measured as (
    select
        period,
        is_now,
        scope,
        scope_value,
        cast(net_amount as decimal(20, 6)) as net_amount,
        cast(order_count as decimal(20, 6)) as order_count,
        cast(online_order_count as decimal(20, 6)) as online_order_count,
        cast(new_customer_count as decimal(20, 6)) as new_customer_count,
        cast(online_new_customer_count as decimal(20, 6)) as online_new_customer_count,
        case
            when order_count > 0
                then cast(round(cast(online_order_count as double) / cast(order_count as double), 6) as decimal(20, 6))
        end as online_order_rate,
        case
            when net_amount > 0
                then cast(round(cast(online_net_amount as double) / cast(net_amount as double), 6) as decimal(20, 6))
        end as online_net_rate,
        case
            when net_amount > 0
                then cast(round(cast(member_net_amount as double) / cast(net_amount as double), 6) as decimal(20, 6))
        end as member_net_rate,
        case
            when order_count > 0
                then cast(
                    round(cast(returning_order_count as double) / cast(order_count as double), 6) as decimal(20, 6)
                )
        end as returning_order_rate,
        case
            when paid_amount > 0
                then cast(round(cast(refund_amount as double) / cast(paid_amount as double), 6) as decimal(20, 6))
        end as refund_rate,
        case
            when order_count > 0
                then cast(
                    cast((2 * cast(net_amount * 100 as bigint) + order_count) // (2 * order_count) as decimal(16, 0))
                    * cast(0.01 as decimal(3, 2)) as decimal(20, 6)
                )
        end as average_order_amount
    from complete
),

figures as (
    select
        period,
        is_now,
        scope,
        scope_value,
        metric,
        figure
    from measured
    unpivot include nulls (
        figure for metric in (
            net_amount,
            order_count,
            online_order_count,
            new_customer_count,
            online_new_customer_count,
            online_order_rate,
            online_net_rate,
            member_net_rate,
            returning_order_rate,
            refund_rate,
            average_order_amount
        )
    )
)

select
    tonight.period,
    tonight.scope,
    tonight.scope_value,
    tonight.metric,
    case
        when tonight.metric like '%_rate' then 'rate'
        when tonight.metric like '%_amount' then 'amount'
        else 'count'
    end as unit,
    now_period.window_days,
    tonight.figure as kpi_value,
    before_period.until_on as compared_on,
    earlier.figure as previous_value,
    case when tonight.metric = 'net_amount' then targets.target_value end as target_value
from figures as tonight
inner join figures as earlier
    on
        tonight.period = earlier.period
        and tonight.scope = earlier.scope
        and tonight.scope_value = earlier.scope_value
        and tonight.metric = earlier.metric
        and not earlier.is_now
inner join kpi_periods as now_period on tonight.period = now_period.period and now_period.is_now
inner join kpi_periods as before_period on tonight.period = before_period.period and not before_period.is_now
left join targets
    on
        tonight.period = targets.period
        and tonight.scope = targets.scope
        and tonight.scope_value = targets.scope_value
where tonight.is_now
