-- One row per customer and channel of messages or purchases. The channel of a message is that of its campaign.
-- Nothing after as_of counts; an answer counts on delivered contacts; held-out contacts do not count.
-- Reads: clean_campaign_contacts, clean_campaigns, customer_profiles, orders.
with campaigns as (
    select
        campaign_id,
        min(channel) as channel
    from clean_campaigns
    where channel is not null
    group by campaign_id
),

contacts as (
    select
        customer_profiles.customer_id,
        campaigns.channel,
        case
            when clean_campaign_contacts.has_delivery_column then clean_campaign_contacts.delivered_at
            else clean_campaign_contacts.sent_at
        end as received_at,
        clean_campaign_contacts.responded_at,
        clean_campaign_contacts.clicked_at
    from clean_campaign_contacts
    inner join campaigns on clean_campaign_contacts.campaign_id = campaigns.campaign_id
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    where not clean_campaign_contacts.is_control
),

answers as (
    select
        customer_id,
        channel,
        count(*) as delivered_count,
        count(*) filter (
            where cast(responded_at as date) <= cast($as_of as date) or cast(clicked_at as date) <= cast($as_of as date)
        ) as response_count
    from contacts
    where cast(received_at as date) <= cast($as_of as date)
    group by customer_id, channel
),

purchases as (
    select
        customer_id,
        channel,
        count(*) as order_count,
        max(ordered_on) as last_order_on
    from orders
    where is_purchase and customer_id is not null and ordered_on <= cast($as_of as date)
    group by customer_id, channel
)

select
    coalesce(answers.customer_id, purchases.customer_id) as customer_id,
    coalesce(answers.channel, purchases.channel) as channel,
    coalesce(answers.delivered_count, 0) as delivered_count,
    coalesce(answers.response_count, 0) as response_count,
    coalesce(purchases.order_count, 0) as order_count,
    purchases.last_order_on
from answers
full outer join purchases
    on answers.customer_id = purchases.customer_id and answers.channel = purchases.channel
