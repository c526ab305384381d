-- One row per night, period, scope and metric: the figure, what it is compared with, the change, the target.
-- Trade, buyers and tickets are compared with what tonight's ledger says of the earlier period, so both sides know the
-- same. What is only known as a state (completeness, points, segments) is compared with the newest earlier night that
-- lies at least $compared_days back. Rows of earlier nights stay as they were published.
-- Reads: buyer_figures, member_figures, previous_kpi_summary, sales_figures, segment_figures, service_figures.
with earlier_nights as (
    select max(as_of) as as_of
    from previous_kpi_summary
    where date_diff('day', as_of, cast($as_of as date)) >= $compared_days
),

states as (
    select
        period,
        scope,
        scope_value,
        metric,
        unit,
        window_days,
        kpi_value
    from member_figures
    union all
    select
        period,
        scope,
        scope_value,
        metric,
        unit,
        window_days,
        kpi_value
    from segment_figures
),

figures as (
    select
        period,
        scope,
        scope_value,
        metric,
        unit,
        window_days,
        kpi_value,
        compared_on,
        previous_value,
        target_value
    from sales_figures
    union all
    select
        period,
        scope,
        scope_value,
        metric,
        unit,
        window_days,
        kpi_value,
        compared_on,
        previous_value,
        null as target_value
    from buyer_figures
    union all
    select
        period,
        scope,
        scope_value,
        metric,
        unit,
        window_days,
        kpi_value,
        compared_on,
        previous_value,
        null as target_value
    from service_figures
    union all
    select
        states.period,
        states.scope,
        states.scope_value,
        states.metric,
        states.unit,
        states.window_days,
        states.kpi_value,
        previous_kpi_summary.as_of as compared_on,
        previous_kpi_summary.kpi_value as previous_value,
        null as target_value
    from states
    left join earlier_nights on earlier_nights.as_of is not null
    left join previous_kpi_summary
        on
            earlier_nights.as_of = previous_kpi_summary.as_of
            and states.period = previous_kpi_summary.period
            and states.scope = previous_kpi_summary.scope
            and states.scope_value = previous_kpi_summary.scope_value
            and states.metric = previous_kpi_summary.metric
)

select
    cast($as_of as date) as as_of,
    period,
    scope,
    scope_value,
    metric,
    unit,
    window_days,
    kpi_value,
    compared_on,
    previous_value,
    kpi_value - previous_value as change_value,
    case when unit = 'rate' then 100 * (kpi_value - previous_value) end as change_points,
    case
        when previous_value <> 0
            then cast(
                round(cast(kpi_value - previous_value as double) / cast(abs(previous_value) as double), 6)
                as decimal(20, 6)
            )
    end as change_rate,
    target_value,
    case
        when target_value > 0
            then cast(round(cast(kpi_value as double) / cast(target_value as double), 6) as decimal(20, 6))
    end as attainment_rate
from figures
union all
select
    as_of,
    period,
    scope,
    scope_value,
    metric,
    unit,
    window_days,
    kpi_value,
    compared_on,
    previous_value,
    change_value,
    change_points,
    change_rate,
    target_value,
    attainment_rate
from previous_kpi_summary
where
    as_of < cast($as_of as date)
    and date_diff('day', as_of, cast($as_of as date)) < $summary_history_days
    and (scope <> 'store' or date_diff('day', as_of, cast($as_of as date)) < $store_history_days)
