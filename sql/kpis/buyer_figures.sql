-- One row per scope and metric of buyers, now and so many days before: who bought again, who stayed away.
-- Within a channel or store only its own purchases count. Known customers only.
-- churn_rate: of those who bought in the last window but one (churn_base_count), the share that bought nothing in the
-- last window. repurchase_rate: of those who bought in the last window (repurchase_base_count), the share that bought
-- at least twice. active, dormant and churned customers: by days since the last purchase. Reads: orders.
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

-- each buyer twice: as of tonight, and as of $compared_days before
looks as (
    select
        scope,
        scope_value,
        true as is_now,
        recency_days,
        last_count,
        earlier_count,
        repurchase_count,
        window_count
    from buyers
    union all
    select
        scope,
        scope_value,
        false as is_now,
        recency_before_days as recency_days,
        last_before_count as last_count,
        earlier_before_count as earlier_count,
        repurchase_before_count as repurchase_count,
        window_before_count as window_count
    from buyers
),

counted as (
    select
        scope,
        scope_value,
        is_now,
        cast(count(*) filter (where recency_days < $dormant_days) as double) as active_customer_count,
        cast(count(*) filter (where recency_days >= $dormant_days and recency_days < $churned_days) as double)
            as dormant_customer_count,
        cast(count(*) filter (where recency_days >= $churned_days) as double) as churned_customer_count,
        cast(count(*) filter (where window_count > 0) as double) as buyer_count,
        cast(count(*) filter (where repurchase_count > 0) as double) as repurchase_base_count,
        cast(count(*) filter (where repurchase_count > 1) as double) as repeat_count,
        cast(count(*) filter (where earlier_count > 0) as double) as churn_base_count,
        cast(count(*) filter (where earlier_count > 0 and last_count = 0) as double) as lost_count
    from looks
    group by scope, scope_value, is_now
),

-- a share of nobody is null
measured as (
    select
        scope,
        scope_value,
        is_now,
        active_customer_count,
        dormant_customer_count,
        churned_customer_count,
        buyer_count,
        repurchase_base_count,
        churn_base_count,
        round(repeat_count / nullif(repurchase_base_count, 0), 6) as repurchase_rate,
        round(lost_count / nullif(churn_base_count, 0), 6) as churn_rate
    from counted
),

figures as (
    select
        scope,
        scope_value,
        is_now,
        metric,
        figure
    from measured
    unpivot include nulls (
        figure for metric in (
            active_customer_count,
            dormant_customer_count,
            churned_customer_count,
            buyer_count,
            repurchase_base_count,
            churn_base_count,
            repurchase_rate,
            churn_rate
        )
    )
)

select
    case tonight.metric when 'buyer_count' then 'window' else 'state' end as period,
    tonight.scope,
    tonight.scope_value,
    tonight.metric,
    case when tonight.metric like '%_rate' then 'rate' else 'count' end as unit,
    case
        when tonight.metric in ('active_customer_count', 'dormant_customer_count') then $dormant_days
        when tonight.metric = 'churned_customer_count' then $churned_days
        when tonight.metric = 'buyer_count' then $window_days
        when tonight.metric in ('repurchase_base_count', 'repurchase_rate') then $repurchase_days
        else $churn_days
    end as window_days,
    tonight.figure as kpi_value,
    cast($compared_on as date) as compared_on,
    before.figure as previous_value
from figures as tonight
inner join figures as before
    on
        tonight.scope = before.scope
        and tonight.scope_value = before.scope_value
        and tonight.metric = before.metric
        and not before.is_now
where tonight.is_now
