-- One row per acquisition channel in the months from $from_on to before $until_on: spend, new customers, their worth.
-- ltv_amount is the mean over new customers of the months that have a forecast. Reads: acquisition_costs.
with channels as (
    select
        channel,
        cast(sum(spend_amount) as decimal(18, 2)) as spend_amount,
        cast(sum(new_customer_count) as bigint) as new_customer_count,
        sum(ltv_amount * new_customer_count) as ltv_sum,
        sum(new_customer_count) filter (where ltv_amount is not null) as ltv_customer_count
    from acquisition_costs
    where month_on >= $from_on and month_on < $until_on
    group by channel
)

select
    channel,
    spend_amount,
    new_customer_count,
    cast(spend_amount / nullif(new_customer_count, 0) as decimal(18, 2)) as cac_amount,
    cast(ltv_sum / nullif(ltv_customer_count, 0) as decimal(18, 2)) as ltv_amount,
    round(
        (ltv_sum / nullif(ltv_customer_count, 0)) / nullif(spend_amount / nullif(new_customer_count, 0), 0), 6
    ) as ltv_cac_ratio
from channels
where spend_amount > 0 or new_customer_count > 0
