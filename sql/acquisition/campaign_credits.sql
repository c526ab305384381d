-- One row per campaign that is told of, or whose code stands on a message or order: cost, purchases with its code, and
-- new customers whom the rules of acquisition attribute to it.
-- A campaign's own cost counts; where it has none, the marketing spend that names it.
-- Reads: acquisitions, clean_campaign_contacts, clean_campaigns, clean_marketing_spend, exchange_rates, orders.
with told as (
    select
        campaign_id,
        min(campaign_name) as campaign_name,
        min(channel) as channel,
        min(started_on) as started_on,
        max(ended_on) as ended_on,
        sum(cost_amount) as cost_amount
    from clean_campaigns
    group by campaign_id
),

spends as (
    select
        clean_marketing_spend.campaign_id,
        sum(exchanged(clean_marketing_spend.spend_amount, exchange_rates.rate)) as spend_amount
    from clean_marketing_spend
    inner join exchange_rates
        on
            clean_marketing_spend.currency = exchange_rates.currency
            and clean_marketing_spend.spent_on >= exchange_rates.held_from_on
            and clean_marketing_spend.spent_on < exchange_rates.held_until_on
    where clean_marketing_spend.campaign_id is not null
    group by clean_marketing_spend.campaign_id
),

credits as (
    select
        campaign_id,
        count(*) as order_count,
        sum(net_amount) as net_amount
    from orders
    where is_purchase and campaign_id is not null
    group by campaign_id
),

winners as (
    select
        campaign_id,
        count(*) as new_customer_count
    from acquisitions
    where is_new and campaign_id is not null
    group by campaign_id
),

names as (
    select campaign_id from told
    union
    select campaign_id from spends
    union
    select campaign_id from credits
    union
    select campaign_id from clean_campaign_contacts
    union
    select campaign_id from winners
)

select
    names.campaign_id,
    told.campaign_name,
    told.channel,
    told.started_on,
    told.ended_on,
    coalesce(told.cost_amount, spends.spend_amount) as campaign_cost_amount,
    coalesce(credits.order_count, 0) as credited_order_count,
    coalesce(credits.net_amount, 0) as credited_amount,
    coalesce(winners.new_customer_count, 0) as new_customer_count,
    rounded_quotient(coalesce(told.cost_amount, spends.spend_amount), winners.new_customer_count) as cac_amount
from names
left join told on names.campaign_id = told.campaign_id
left join spends on names.campaign_id = spends.campaign_id
left join credits on names.campaign_id = credits.campaign_id
left join winners on names.campaign_id = winners.campaign_id
