-- One row per customer who bought or answered: the channel to reach them by.
-- The channel of messages with the highest shrunk response rate, where enough came and enough were answered; ties to
-- more answers, then by name. Else the channel of most purchases; ties to the most recent, then by name.
-- Reads: customer_channels.
with answered as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id
            order by response_rate desc, response_count desc, channel asc
        ) as place
    from customer_channels
    where delivered_count >= $min_delivered and response_count >= $min_responses
),

bought as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id
            order by order_count desc, last_order_on desc, channel asc
        ) as place
    from customer_channels
    where order_count > 0
),

best_answered as (
    select
        customer_id,
        channel
    from answered
    where place = 1
),

best_bought as (
    select
        customer_id,
        channel
    from bought
    where place = 1
)

select
    coalesce(best_answered.customer_id, best_bought.customer_id) as customer_id,
    coalesce(best_answered.channel, best_bought.channel) as preferred_channel,
    case when best_answered.channel is not null then 'response' else 'purchases' end as preferred_channel_source,
    best_answered.channel as preferred_contact_channel,
    best_bought.channel as preferred_purchase_channel
from best_answered
full outer join best_bought on best_answered.customer_id = best_bought.customer_id
