-- One row per customer with a purchase: what they brought, and what they are expected to bring.
-- Margin: lines without a cost are taken at the margin rate of the customer's other lines, up to the share that
-- settings allow; a customer with more of them has no historic margin. The margin rate of the future leans on the
-- shop's as much as one mean purchase weighs. Where the shop's costs are unknown, money to come is told as revenue.
-- Reads: customer_attributes, customer_facts, lifetime_forecasts, order_lines.
with buyers as (
    select
        customer_facts.customer_id,
        customer_facts.first_order_on,
        customer_facts.order_count,
        customer_facts.net_amount,
        case
            when customer_attributes.profiling_opt_out then 'opted_out'
            when customer_attributes.is_minor then 'minor'
        end as withheld_because
    from customer_facts
    left join customer_attributes on customer_facts.customer_id = customer_attributes.customer_id
    where customer_facts.order_count > 0
),

margins as (
    select
        customer_id,
        sum(net_amount) as net_amount,
        sum(net_amount) filter (where margin_amount is not null) as costed_amount,
        sum(margin_amount) as margin_amount
    from order_lines
    where is_purchase and customer_id is not null
    group by customer_id
),

shop as (
    select
        cast(coalesce(sum(margins.margin_amount), 0) as double) as margin_amount,
        cast(coalesce(sum(margins.costed_amount), 0) as double) as costed_amount,
        cast(sum(buyers.net_amount) as double) as net_amount,
        cast(sum(buyers.net_amount) as double) / sum(buyers.order_count) as purchase_amount
    from buyers
    left join margins on buyers.customer_id = margins.customer_id
),

rates as (
    select
        buyers.*,
        shop.costed_amount >= $min_costed_rate * shop.net_amount as has_costs,
        case
            when margins.costed_amount > 0 and margins.costed_amount >= $min_costed_rate * margins.net_amount
                then round(margins.margin_amount * margins.net_amount / margins.costed_amount, 2)
        end as margin_amount,
        case
            when shop.costed_amount > 0
                then
                    round(
                        (
                            coalesce(cast(margins.margin_amount as double), 0)
                            + shop.purchase_amount * shop.margin_amount / shop.costed_amount
                        )
                        / (coalesce(cast(margins.costed_amount as double), 0) + shop.purchase_amount),
                        6
                    )
        end as margin_rate
    from buyers
    left join margins on buyers.customer_id = margins.customer_id
    cross join shop
),

told as (
    select
        rates.*,
        case when rates.withheld_because is null then lifetime_forecasts.method end as method,
        coalesce(
            rates.withheld_because,
            case when lifetime_forecasts.customer_id is null then 'too_little_data' end
        ) as abstained_because,
        lifetime_forecasts.expected_orders_12m,
        lifetime_forecasts.expected_revenue_12m_amount,
        lifetime_forecasts.revenue_12m_low_amount,
        lifetime_forecasts.revenue_12m_high_amount,
        lifetime_forecasts.lifetime_factor,
        case when rates.has_costs then rates.margin_rate end as future_margin_rate
    from rates
    left join lifetime_forecasts on rates.customer_id = lifetime_forecasts.customer_id
)

select
    customer_id,
    first_order_on,
    net_amount as historic_revenue_amount,
    margin_amount as historic_margin_amount,
    case when abstained_because is null then expected_orders_12m end as expected_orders_12m,
    case when abstained_because is null then expected_revenue_12m_amount end as expected_revenue_12m_amount,
    case
        when abstained_because is null
            then cast(round(expected_revenue_12m_amount * future_margin_rate, 2) as decimal(18, 2))
    end as expected_margin_12m_amount,
    case when abstained_because is null then revenue_12m_low_amount end as revenue_12m_low_amount,
    case when abstained_because is null then revenue_12m_high_amount end as revenue_12m_high_amount,
    case
        when abstained_because is null
            then
                cast(
                    round(expected_revenue_12m_amount * lifetime_factor * coalesce(future_margin_rate, 1), 2)
                    as decimal(18, 2)
                )
    end as discounted_ltv_amount,
    case
        when abstained_because is not null then null
        when future_margin_rate is null then 'revenue'
        else 'margin'
    end as ltv_basis,
    method,
    abstained_because
from told
