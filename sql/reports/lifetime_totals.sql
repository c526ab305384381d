-- One row per method and reason to abstain: buyers, what they brought and are expected to bring.
-- Reads: lifetime_values.
select
    method,
    ltv_basis,
    abstained_because,
    count(*) as customer_count,
    cast(sum(historic_revenue_amount) as decimal(18, 2)) as historic_amount,
    cast(sum(expected_revenue_12m_amount) as decimal(18, 2)) as expected_amount,
    cast(sum(discounted_ltv_amount) as decimal(18, 2)) as discounted_amount
from lifetime_values
group by method, ltv_basis, abstained_because
