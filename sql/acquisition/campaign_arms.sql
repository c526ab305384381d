-- One row per campaign, arm and band of recency: how many people, and what they bought after the sending.
-- Everybody counts whom the campaign was meant for, delivered or not, once per campaign; control and contacted alike
-- from the moment in the log for outcome_days days. Who is in both arms counts in neither.
-- Reads: clean_campaign_contacts, customer_profiles, order_lines, orders, recency_bands.
with people as (
    select
        clean_campaign_contacts.campaign_id,
        customer_profiles.customer_id,
        min(clean_campaign_contacts.sent_at) as sent_at,
        max(case when clean_campaign_contacts.is_control then 1 else 0 end) as is_control,
        max(
            case
                when
                    cast(
                        coalesce(clean_campaign_contacts.responded_at, clean_campaign_contacts.clicked_at) as date
                    ) <= cast($as_of as date)
                    then 1
                else 0
            end
        ) as has_responded
    from clean_campaign_contacts
    inner join customer_profiles
        on
            clean_campaign_contacts.source = customer_profiles.source
            and clean_campaign_contacts.profile_key = customer_profiles.profile_key
    group by clean_campaign_contacts.campaign_id, customer_profiles.customer_id
    having count(distinct clean_campaign_contacts.is_control) = 1
),

margins as (
    select
        order_key,
        sum(margin_amount) as margin_amount
    from order_lines
    where is_purchase
    group by order_key
),

purchases as (
    select
        orders.customer_id,
        orders.ordered_at,
        orders.ordered_on,
        orders.net_amount,
        coalesce(margins.margin_amount, 0) as margin_amount
    from orders
    left join margins on orders.order_key = margins.order_key
    where orders.is_purchase and orders.customer_id is not null
),

outcomes as (
    select
        people.campaign_id,
        people.customer_id,
        people.is_control,
        people.has_responded,
        date_diff(
            'day',
            max(case when purchases.ordered_at <= people.sent_at then purchases.ordered_on end),
            cast(people.sent_at as date)
        ) as recency_days,
        coalesce(
            sum(
                case
                    when
                        purchases.ordered_at > people.sent_at
                        and date_diff('day', cast(people.sent_at as date), purchases.ordered_on) < $outcome_days
                        then purchases.net_amount
                end
            ), 0
        ) as net_amount,
        coalesce(
            sum(
                case
                    when
                        purchases.ordered_at > people.sent_at
                        and date_diff('day', cast(people.sent_at as date), purchases.ordered_on) < $outcome_days
                        then purchases.margin_amount
                end
            ), 0
        ) as margin_amount
    from people
    left join purchases on people.customer_id = purchases.customer_id
    group by people.campaign_id, people.customer_id, people.sent_at, people.is_control, people.has_responded
),

banded as (
    select
        outcomes.campaign_id,
        case when outcomes.is_control = 1 then 'control' else 'contacted' end as arm,
        coalesce(recency_bands.contact_band, 'never') as contact_band,
        outcomes.has_responded,
        outcomes.net_amount,
        outcomes.margin_amount,
        cast(outcomes.net_amount * 100 as decimal(18, 0)) as net_fen,
        cast(outcomes.margin_amount * 100 as decimal(18, 0)) as margin_fen
    from outcomes
    left join recency_bands
        on outcomes.recency_days >= recency_bands.from_days and outcomes.recency_days < recency_bands.until_days
)

select
    campaign_id,
    arm,
    contact_band,
    count(*) as person_count,
    count(*) filter (where net_amount > 0) as buyer_count,
    sum(has_responded) as responded_count,
    sum(net_amount) as bought_net_amount,
    sum(margin_amount) as bought_margin_amount,
    cast(sum(net_fen * net_fen) as double) as net_amount_squares,
    cast(sum(margin_fen * margin_fen) as double) as margin_squares
from banded
group by campaign_id, arm, contact_band
