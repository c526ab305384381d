-- One row per period and metric of service tickets, by the day they were opened: how many, and how satisfied those
-- were who gave a score of 1 to 5. Reads: clean_tickets, kpi_periods.
with summed as (
    select
        kpi_periods.period,
        kpi_periods.is_now,
        kpi_periods.until_on,
        kpi_periods.window_days,
        count(clean_tickets.ticket_id) as ticket_count,
        count(clean_tickets.satisfaction_score) as scored_count,
        coalesce(sum(clean_tickets.satisfaction_score), 0) as score_sum,
        count(*) filter (where clean_tickets.satisfaction_score >= $satisfied_score) as satisfied_count
    from kpi_periods
    left join clean_tickets
        on cast(clean_tickets.opened_at as date) between kpi_periods.from_on and kpi_periods.until_on
    group by kpi_periods.period, kpi_periods.is_now, kpi_periods.until_on, kpi_periods.window_days
),

figures as (
    select
        period,
        is_now,
        until_on,
        window_days,
        'ticket_count' as metric,
        'count' as unit,
        cast(ticket_count as double) as figure
    from summed
    union all
    select
        period,
        is_now,
        until_on,
        window_days,
        'satisfaction_score' as metric,
        'score' as unit,
        case when scored_count > 0 then round(cast(score_sum as double) / scored_count, 6) end as figure
    from summed
    union all
    select
        period,
        is_now,
        until_on,
        window_days,
        'satisfied_rate' as metric,
        'rate' as unit,
        case when scored_count > 0 then round(cast(satisfied_count as double) / scored_count, 6) end as figure
    from summed
),

history as (
    select count(*) > 0 as has_tickets
    from clean_tickets
)

select
    tonight.period,
    'total' as scope,
    'all' as scope_value,
    tonight.metric,
    tonight.unit,
    tonight.window_days,
    tonight.figure as kpi_value,
    earlier.until_on as compared_on,
    earlier.figure as previous_value
from figures as tonight
inner join figures as earlier
    on tonight.period = earlier.period and tonight.metric = earlier.metric and not earlier.is_now
cross join history
where tonight.is_now and history.has_tickets
