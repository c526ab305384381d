-- One row per acquisition channel: what a new customer of the twelve whole months before the month of as_of cost, and
-- is worth. Unattributed customers are a row of their own.
-- Reads: acquisition_costs, huitou_meta.
-- Columns:
--   spend_amount: Spend of the channel in these months.
--   new_customer_count: Customers who first bought in them and are attributed to the channel.
--   cac_amount: spend_amount / new_customer_count; null without new customers.
--   ltv_amount: Mean discounted lifetime value of the new customers, over months that have a forecast.
--   ltv_cac_ratio: ltv_amount / cac_amount; null without spend. Above 3 is usually called healthy.
with channels as (
    select
        acquisition_costs.channel,
        sum(acquisition_costs.spend_amount) as spend_amount,
        sum(acquisition_costs.new_customer_count) as new_customer_count,
        sum(acquisition_costs.ltv_amount * acquisition_costs.new_customer_count) as ltv_sum,
        sum(acquisition_costs.new_customer_count) filter (where acquisition_costs.ltv_amount is not null)
            as ltv_customer_count
    from acquisition_costs
    cross join huitou_meta
    where
        acquisition_costs.month_on < date_trunc('month', huitou_meta.as_of)
        and acquisition_costs.month_on >= date_trunc('month', huitou_meta.as_of) - interval 12 month
    group by acquisition_costs.channel
)

select
    channel,
    cast(spend_amount as decimal(18, 2)) as spend_amount,
    cast(new_customer_count as bigint) as new_customer_count,
    cast(spend_amount / nullif(new_customer_count, 0) as decimal(18, 2)) as cac_amount,
    cast(ltv_sum / nullif(ltv_customer_count, 0) as decimal(18, 2)) as ltv_amount,
    round(
        (ltv_sum / nullif(ltv_customer_count, 0)) / nullif(spend_amount / nullif(new_customer_count, 0), 0), 6
    ) as ltv_cac_ratio
from channels
where spend_amount > 0 or new_customer_count > 0
