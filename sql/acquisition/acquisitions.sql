-- One row per buyer: the first purchase, the channel that it is attributed to, and the rule that says so.
-- Rules are tried in the order of the settings: the campaign whose code the order carries, what the member said, the
-- last campaign message delivered within touch_days before the purchase, the channel of the order itself.
-- Reads: channel_names, clean_campaign_contacts, clean_campaigns, customer_attributes, customer_profiles, orders.
with purchases as (
    select
        customer_id,
        order_key,
        ordered_at,
        ordered_on,
        channel,
        campaign_id,
        row_number() over (partition by customer_id order by ordered_at asc, order_key asc) as place
    from orders
    where is_purchase and customer_id is not null
),

history as (
    select min(ordered_on) as starts_on
    from orders
),

campaigns as (
    select
        campaign_id,
        min(channel) as channel
    from clean_campaigns
    group by campaign_id
),

firsts as (
    select
        purchases.customer_id,
        purchases.order_key,
        purchases.ordered_at,
        purchases.ordered_on,
        purchases.channel,
        purchases.campaign_id,
        campaigns.channel as campaign_channel
    from purchases
    left join campaigns on purchases.campaign_id = campaigns.campaign_id
    where purchases.place = 1
),

touches as (
    select
        customer_profiles.customer_id,
        clean_campaign_contacts.campaign_id,
        case
            when clean_campaign_contacts.has_delivery_column then clean_campaign_contacts.delivered_at
            else clean_campaign_contacts.sent_at
        end as received_at
    from clean_campaign_contacts
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    where not clean_campaign_contacts.is_control
),

last_touches as (
    select
        firsts.customer_id,
        touches.campaign_id,
        campaigns.channel,
        row_number() over (
            partition by firsts.customer_id
            order by touches.received_at desc, touches.campaign_id asc
        ) as place
    from firsts
    inner join touches on firsts.customer_id = touches.customer_id
    inner join campaigns on touches.campaign_id = campaigns.campaign_id
    where
        campaigns.channel is not null
        and touches.received_at <= firsts.ordered_at
        and date_diff('day', cast(touches.received_at as date), firsts.ordered_on) < $touch_days
),

told as (
    select
        firsts.customer_id,
        firsts.order_key,
        firsts.ordered_on,
        firsts.channel as order_channel,
        firsts.campaign_channel,
        customer_attributes.acquisition_channel as said_channel,
        last_touches.channel as touch_channel,
        case when firsts.campaign_channel is not null then firsts.campaign_id end as order_campaign_id,
        last_touches.campaign_id as touch_campaign_id
    from firsts
    left join customer_attributes on firsts.customer_id = customer_attributes.customer_id
    left join last_touches on firsts.customer_id = last_touches.customer_id and last_touches.place = 1
),

-- place of each rule in the settings; a rule that is not listed never speaks
answers as (
    select
        customer_id,
        'campaign' as attribution_rule,
        campaign_channel as channel,
        order_campaign_id as campaign_id,
        position(',campaign,' in $rules) as place
    from told
    union all
    select
        customer_id,
        'self_reported' as attribution_rule,
        said_channel as channel,
        null as campaign_id,
        position(',self_reported,' in $rules) as place
    from told
    union all
    select
        customer_id,
        'last_touch' as attribution_rule,
        touch_channel as channel,
        touch_campaign_id as campaign_id,
        position(',last_touch,' in $rules) as place
    from told
    union all
    select
        customer_id,
        'order_channel' as attribution_rule,
        order_channel as channel,
        null as campaign_id,
        position(',order_channel,' in $rules) as place
    from told
),

chosen as (
    select
        customer_id,
        attribution_rule,
        channel,
        campaign_id,
        row_number() over (partition by customer_id order by place asc) as choice
    from answers
    where channel is not null and place > 0
)

select
    told.customer_id,
    told.order_key as first_order_key,
    told.ordered_on as first_purchase_on,
    cast(date_trunc('month', told.ordered_on) as date) as month_on,
    coalesce(channel_names.channel, chosen.channel, 'unattributed') as acquired_channel,
    coalesce(chosen.attribution_rule, 'unattributed') as attribution_rule,
    chosen.campaign_id,
    date_diff('day', history.starts_on, told.ordered_on) >= $warm_up_days as is_new
from told
left join chosen on told.customer_id = chosen.customer_id and chosen.choice = 1
left join channel_names on chosen.channel = channel_names.named_channel
cross join history
