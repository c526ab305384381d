-- One row per store and figure of the month so far. Reads: kpi_summary.
select
    scope_value as store_id,
    period,
    metric,
    unit,
    window_days,
    kpi_value,
    compared_on,
    previous_value,
    target_value,
    attainment_rate
from kpi_summary
where as_of = $as_of and scope = 'store' and period = 'month' and kpi_value is not null
