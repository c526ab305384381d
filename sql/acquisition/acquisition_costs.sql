-- One row per channel and month with spend or new customers: what winning one cost, and what one is worth.
-- Spend is exchanged at the rate of its day. A month of payback is over when it is over for every new customer of it.
-- Reads: acquisitions, channel_names, clean_marketing_spend, exchange_rates, lifetime_values, order_lines.
with spends as (
    select
        coalesce(channel_names.channel, clean_marketing_spend.channel) as channel,
        cast(date_trunc('month', clean_marketing_spend.spent_on) as date) as month_on,
        sum(exchanged(clean_marketing_spend.spend_amount, exchange_rates.rate)) as spend_amount
    from clean_marketing_spend
    inner join exchange_rates
        on
            clean_marketing_spend.currency = exchange_rates.currency
            and clean_marketing_spend.spent_on >= exchange_rates.held_from_on
            and clean_marketing_spend.spent_on < exchange_rates.held_until_on
    left join channel_names on clean_marketing_spend.channel = channel_names.named_channel
    where clean_marketing_spend.spend_amount is not null
    group by
        coalesce(channel_names.channel, clean_marketing_spend.channel),
        cast(date_trunc('month', clean_marketing_spend.spent_on) as date)
),

worths as (
    select
        acquisitions.acquired_channel as channel,
        acquisitions.month_on,
        count(*) as new_customer_count,
        count(lifetime_values.discounted_ltv_amount) as worth_count,
        cast(sum(lifetime_values.discounted_ltv_amount) * 100 as decimal(38, 0)) as worth_fen,
        sum(
            cast(lifetime_values.discounted_ltv_amount * 100 as decimal(18, 0))
            * cast(lifetime_values.discounted_ltv_amount * 100 as decimal(18, 0))
        ) as worth_squares
    from acquisitions
    left join lifetime_values on acquisitions.customer_id = lifetime_values.customer_id
    where acquisitions.is_new
    group by acquisitions.acquired_channel, acquisitions.month_on
),

months as (
    select
        coalesce(spends.channel, worths.channel) as channel,
        coalesce(spends.month_on, worths.month_on) as month_on,
        coalesce(spends.spend_amount, 0) as spend_amount,
        coalesce(worths.new_customer_count, 0) as new_customer_count,
        worths.worth_count,
        cast(worths.worth_fen as double) / worths.worth_count as worth_fen,
        case
            when worths.worth_count > 1
                then
                    1.959964 * sqrt(
                        greatest(
                            0,
                            (
                                cast(worths.worth_squares as double)
                                - cast(worths.worth_fen as double) * cast(worths.worth_fen as double)
                                / worths.worth_count
                            ) / (worths.worth_count - 1) / worths.worth_count
                        )
                    )
        end as worth_margin_fen
    from spends
    full outer join worths on spends.channel = worths.channel and spends.month_on = worths.month_on
),

costs as (
    select
        channel,
        month_on,
        spend_amount,
        new_customer_count,
        rounded_quotient(spend_amount, new_customer_count) as cac_amount,
        round(worth_fen / 100, 2) as ltv_amount,
        round((worth_fen - worth_margin_fen) / 100, 2) as ltv_low_amount,
        round((worth_fen + worth_margin_fen) / 100, 2) as ltv_high_amount
    from months
),

earned as (
    select
        acquisitions.acquired_channel as channel,
        acquisitions.month_on,
        date_diff('day', acquisitions.first_purchase_on, order_lines.ordered_on) // $payback_step_days + 1
            as age_months,
        sum(order_lines.margin_amount) as margin_amount
    from acquisitions
    inner join order_lines on acquisitions.customer_id = order_lines.customer_id
    where acquisitions.is_new and order_lines.is_purchase and order_lines.margin_amount is not null
    group by
        acquisitions.acquired_channel,
        acquisitions.month_on,
        date_diff('day', acquisitions.first_purchase_on, order_lines.ordered_on) // $payback_step_days
),

earned_so_far as (
    select
        channel,
        month_on,
        age_months,
        sum(margin_amount) over (
            partition by channel, month_on
            order by age_months asc
            rows between unbounded preceding and current row
        ) as margin_amount
    from earned
),

paybacks as (
    select
        costs.channel,
        costs.month_on,
        min(earned_so_far.age_months) as payback_months
    from costs
    inner join earned_so_far on costs.channel = earned_so_far.channel and costs.month_on = earned_so_far.month_on
    where
        earned_so_far.margin_amount >= costs.spend_amount
        and earned_so_far.age_months * $payback_step_days
        <= date_diff('day', cast(costs.month_on + interval 1 month as date), cast($as_of as date)) + 1
    group by costs.channel, costs.month_on
)

select
    costs.channel,
    costs.month_on,
    costs.spend_amount,
    costs.new_customer_count,
    costs.cac_amount,
    costs.ltv_amount,
    costs.ltv_low_amount,
    costs.ltv_high_amount,
    case when costs.cac_amount > 0 then round(costs.ltv_amount / costs.cac_amount, 6) end as ltv_cac_ratio,
    case when costs.cac_amount > 0 then round(costs.ltv_low_amount / costs.cac_amount, 6) end as ltv_cac_low_ratio,
    case when costs.cac_amount > 0 then round(costs.ltv_high_amount / costs.cac_amount, 6) end as ltv_cac_high_ratio,
    case when costs.new_customer_count > 0 and costs.spend_amount > 0 then paybacks.payback_months end as payback_months
from costs
left join paybacks on costs.channel = paybacks.channel and costs.month_on = paybacks.month_on
