-- One row per month of first purchase: what its customers brought and are expected to bring; sums of lifetime_values.
-- Customers without a forecast count in the past, not in the future.
-- Reads: lifetime_values.
select
    cast(date_trunc('month', first_order_on) as date) as cohort_on,
    count(*) as customer_count,
    count(expected_revenue_12m_amount) as forecast_customer_count,
    sum(historic_revenue_amount) as historic_revenue_amount,
    sum(historic_margin_amount) as historic_margin_amount,
    coalesce(sum(expected_revenue_12m_amount), 0) as expected_revenue_12m_amount,
    sum(expected_margin_12m_amount) as expected_margin_12m_amount,
    coalesce(sum(discounted_ltv_amount), 0) as discounted_ltv_amount
from lifetime_values
group by cast(date_trunc('month', first_order_on) as date)
