-- One row per scope and metric of members: how completely they are known, by home store, and what points are worth.
-- A field is complete where any source of the person tells it; guessed values do not count. complete_rate is the
-- mean over the fields. Reads: customer_attributes, points_liabilities.
with members as (
    select
        coalesce(home_store_id, $nowhere) as store_id,
        case when name_masked is null then 0 else 1 end as has_name,
        case when phone_masked is null then 0 else 1 end as has_phone,
        case when gender is null then 0 else 1 end as has_gender,
        case when birth_year is null then 0 else 1 end as has_birth_date,
        case when city is null then 0 else 1 end as has_city
    from customer_attributes
    where is_member
),

scoped as (
    select
        members.*,
        'total' as scope,
        'all' as scope_value
    from members
    union all
    select
        members.*,
        'store' as scope,
        members.store_id as scope_value
    from members
),

summed as (
    select
        scope,
        scope_value,
        cast(count(*) as double) as member_count,
        cast(sum(has_name) as double) / count(*) as name_complete_rate,
        cast(sum(has_phone) as double) / count(*) as phone_complete_rate,
        cast(sum(has_gender) as double) / count(*) as gender_complete_rate,
        cast(sum(has_birth_date) as double) / count(*) as birth_date_complete_rate,
        cast(sum(has_city) as double) / count(*) as city_complete_rate,
        cast(sum(has_name + has_phone + has_gender + has_birth_date + has_city) as double) / (5 * count(*))
            as complete_rate
    from scoped
    group by scope, scope_value
),

known as (
    select
        scope,
        scope_value,
        metric,
        figure
    from summed
    unpivot (
        figure for metric in (
            member_count,
            name_complete_rate,
            phone_complete_rate,
            gender_complete_rate,
            birth_date_complete_rate,
            city_complete_rate,
            complete_rate
        )
    )
),

points as (
    select
        sum(points_balance) as points_balance,
        sum(points_liability_amount) as points_liability_amount,
        sum(difference_count) as points_difference_count,
        max(implied_rebate_rate) as implied_rebate_rate
    from points_liabilities
    having sum(member_count) > 0
),

figures as (
    select
        scope,
        scope_value,
        metric,
        case when metric like '%_rate' then 'rate' else 'count' end as unit,
        cast(round(figure, 6) as decimal(20, 6)) as kpi_value
    from known
    union all
    select
        'total' as scope,
        'all' as scope_value,
        'points_balance' as metric,
        'points' as unit,
        cast(points_balance as decimal(20, 6)) as kpi_value
    from points
    union all
    select
        'total' as scope,
        'all' as scope_value,
        'points_liability_amount' as metric,
        'amount' as unit,
        cast(points_liability_amount as decimal(20, 6)) as kpi_value
    from points
    union all
    select
        'total' as scope,
        'all' as scope_value,
        'points_difference_count' as metric,
        'count' as unit,
        cast(points_difference_count as decimal(20, 6)) as kpi_value
    from points
    union all
    select
        'total' as scope,
        'all' as scope_value,
        'implied_rebate_rate' as metric,
        'rate' as unit,
        cast(implied_rebate_rate as decimal(20, 6)) as kpi_value
    from points
)

select
    'state' as period,
    scope,
    scope_value,
    metric,
    unit,
    null as window_days,
    kpi_value
from figures
