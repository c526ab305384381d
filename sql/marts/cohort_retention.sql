-- One row per month of first purchase and month after it (0 = the first itself): who came back.
-- The latest month is cut off at as_of.
-- Reads: orders.
-- Columns:
--   cohort_on: First day of the month of the first purchase.
--   months_since: Calendar months since that month.
--   cohort_customer_count: Customers whose first purchase fell in the month.
--   active_customer_count: Those of them with a purchase in this later month.
--   retention_rate: active_customer_count / cohort_customer_count.
--   order_count: Their purchases in this later month.
with purchases as (
    select
        customer_id,
        net_amount,
        cast(date_trunc('month', ordered_on) as date) as month_on
    from orders
    where is_purchase and customer_id is not null
),

firsts as (
    select
        customer_id,
        min(month_on) as cohort_on
    from purchases
    group by customer_id
),

cohorts as (
    select
        cohort_on,
        count(*) as cohort_customer_count
    from firsts
    group by cohort_on
),

activity as (
    select
        firsts.cohort_on,
        date_diff('month', firsts.cohort_on, purchases.month_on) as months_since,
        count(distinct purchases.customer_id) as active_customer_count,
        count(*) as order_count,
        sum(purchases.net_amount) as net_amount
    from purchases
    inner join firsts on purchases.customer_id = firsts.customer_id
    group by firsts.cohort_on, date_diff('month', firsts.cohort_on, purchases.month_on)
)

select
    activity.cohort_on,
    activity.months_since,
    cohorts.cohort_customer_count,
    activity.active_customer_count,
    round(activity.active_customer_count / cohorts.cohort_customer_count, 6) as retention_rate,
    activity.order_count,
    cast(activity.net_amount as decimal(18, 2)) as net_amount
from activity
inner join cohorts on activity.cohort_on = cohorts.cohort_on
