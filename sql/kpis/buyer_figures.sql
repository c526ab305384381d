-- One row per scope and metric of buyers, now and so many days before: who bought again, who stayed away.
-- Within a channel or store only its own purchases count. Known customers only.
-- churn_rate: of those who bought in the last window but one, the share that bought nothing in the last window.
-- repurchase_rate: of those who bought in the last window, the share that bought at least twice.
-- active, dormant and churned customers: by days since the last purchase. Reads: orders.
with purchases as (
    select
        customer_id,
        channel,
        coalesce(store_id, $nowhere) as store_id,
        date_diff('day', ordered_on, cast($as_of as date)) as age_days
    from orders
    where is_purchase and customer_id is not null and ordered_on <= cast($as_of as date)
),

-- what one customer did in one store and channel; `before` looks back from $compared_days earlier
habits as (
    select
        customer_id,
        channel,
        store_id,
        min(age_days) as recency_days,
        min(age_days - $compared_days) filter (where age_days >= $compared_days) as recency_before_days,
        count(*) filter (where age_days < $churn_days) as last_count,
        count(*) filter (where age_days >= $churn_days and age_days < 2 * $churn_days) as earlier_count,
        count(*) filter (where age_days >= $compared_days and age_days - $compared_days < $churn_days)
            as last_before_count,
        count(*) filter (
            where age_days - $compared_days >= $churn_days and age_days - $compared_days < 2 * $churn_days
        ) as earlier_before_count,
        count(*) filter (where age_days < $repurchase_days) as repurchase_count,
        count(*) filter (where age_days >= $compared_days and age_days - $compared_days < $repurchase_days)
            as repurchase_before_count,
        count(*) filter (where age_days < $window_days) as window_count,
        count(*) filter (where age_days >= $compared_days and age_days - $compared_days < $window_days)
            as window_before_count
    from purchases
    group by customer_id, channel, store_id
),

scoped as (
    select
        habits.*,
        'total' as scope,
        'all' as scope_value
    from habits
    union all
    select
        habits.*,
        'channel' as scope,
        habits.channel as scope_value
    from habits
    union all
    select
        habits.*,
        'store' as scope,
        habits.store_id as scope_value
    from habits
),

buyers as (
    select
        scope,
        scope_value,
        customer_id,
        min(recency_days) as recency_days,
        min(recency_before_days) as recency_before_days,
        sum(last_count) as last_count,
        sum(earlier_count) as earlier_count,
        sum(last_before_count) as last_before_count,
        sum(earlier_before_count) as earlier_before_count,
        sum(repurchase_count) as repurchase_count,
        sum(repurchase_before_count) as repurchase_before_count,
        sum(window_count) as window_count,
        sum(window_before_count) as window_before_count
    from scoped
    group by scope, scope_value, customer_id
),

counted as (
    select
        scope,
        scope_value,
        count(*) filter (where recency_days < $dormant_days) as active_customer_count,
        count(*) filter (where recency_before_days < $dormant_days) as active_before_count,
        count(*) filter (where recency_days >= $dormant_days and recency_days < $churned_days)
            as dormant_customer_count,
        count(*) filter (where recency_before_days >= $dormant_days and recency_before_days < $churned_days)
            as dormant_before_count,
        count(*) filter (where recency_days >= $churned_days) as churned_customer_count,
        count(*) filter (where recency_before_days >= $churned_days) as churned_before_count,
        count(*) filter (where window_count > 0) as window_buyer_count,
        count(*) filter (where window_before_count > 0) as window_buyer_before_count,
        count(*) filter (where repurchase_count > 0) as repurchase_base_count,
        count(*) filter (where repurchase_count > 1) as repeat_count,
        count(*) filter (where repurchase_before_count > 0) as repurchase_base_before_count,
        count(*) filter (where repurchase_before_count > 1) as repeat_before_count,
        count(*) filter (where earlier_count > 0) as churn_base_count,
        count(*) filter (where earlier_count > 0 and last_count = 0) as lost_count,
        count(*) filter (where earlier_before_count > 0) as churn_base_before_count,
        count(*) filter (where earlier_before_count > 0 and last_before_count = 0) as lost_before_count
    from buyers
    group by scope, scope_value
),

-- `base` is what a share is of; 1 for counts
figures as (
    select
        scope,
        scope_value,
        'state' as period,
        'active_customer_count' as metric,
        'count' as unit,
        $dormant_days as window_days,
        active_customer_count as counted,
        1 as base,
        active_before_count as counted_before,
        1 as base_before
    from counted
    union all
    select
        scope,
        scope_value,
        'state' as period,
        'dormant_customer_count' as metric,
        'count' as unit,
        $dormant_days as window_days,
        dormant_customer_count as counted,
        1 as base,
        dormant_before_count as counted_before,
        1 as base_before
    from counted
    union all
    select
        scope,
        scope_value,
        'state' as period,
        'churned_customer_count' as metric,
        'count' as unit,
        $churned_days as window_days,
        churned_customer_count as counted,
        1 as base,
        churned_before_count as counted_before,
        1 as base_before
    from counted
    union all
    select
        scope,
        scope_value,
        'window' as period,
        'buyer_count' as metric,
        'count' as unit,
        cast($window_days as bigint) as window_days,
        window_buyer_count as counted,
        1 as base,
        window_buyer_before_count as counted_before,
        1 as base_before
    from counted
    union all
    select
        scope,
        scope_value,
        'state' as period,
        'repurchase_rate' as metric,
        'rate' as unit,
        $repurchase_days as window_days,
        repeat_count as counted,
        repurchase_base_count as base,
        repeat_before_count as counted_before,
        repurchase_base_before_count as base_before
    from counted
    union all
    select
        scope,
        scope_value,
        'state' as period,
        'churn_rate' as metric,
        'rate' as unit,
        $churn_days as window_days,
        lost_count as counted,
        churn_base_count as base,
        lost_before_count as counted_before,
        churn_base_before_count as base_before
    from counted
)

select
    period,
    scope,
    scope_value,
    metric,
    unit,
    window_days,
    case when base > 0 then round(cast(counted as double) / cast(base as double), 6) end as kpi_value,
    cast($compared_on as date) as compared_on,
    case when base_before > 0 then round(cast(counted_before as double) / cast(base_before as double), 6) end
        as previous_value
from figures
