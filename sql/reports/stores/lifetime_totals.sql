-- One row per store, method and reason to abstain: buyers, what they brought and are expected to bring.
-- Reads: lifetime_values, store_members.
select
    store_members.store_id,
    lifetime_values.method,
    lifetime_values.ltv_basis,
    lifetime_values.abstained_because,
    count(*) as customer_count,
    cast(sum(lifetime_values.historic_revenue_amount) as decimal(18, 2)) as historic_amount,
    cast(sum(lifetime_values.expected_revenue_12m_amount) as decimal(18, 2)) as expected_amount,
    cast(sum(lifetime_values.discounted_ltv_amount) as decimal(18, 2)) as discounted_amount
from store_members
inner join lifetime_values on store_members.customer_id = lifetime_values.customer_id
group by
    store_members.store_id,
    lifetime_values.method,
    lifetime_values.ltv_basis,
    lifetime_values.abstained_because
