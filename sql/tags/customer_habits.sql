-- One row per customer who may be profiled: everything that tags are made of.
-- Shares are whole millionths, halves up. Ranks are taken among all customers, also those who are left out here; a
-- rank is the share of customers whose value is strictly smaller, so equal values get equal ranks.
-- Reads: customer_attributes, customer_facts, customer_preferences, customer_profiles, customer_tickets,
-- interest_habits, lifecycle_stages, line_habits, order_habits, referral_words (word), response_rates, rfm_scores.
with frequency_ranks as (
    select
        customer_id,
        rank() over (order by frequency) - 1 as worse_count,
        count(*) over () as buyer_count
    from customer_facts
    where frequency > 0
),

basket_ranks as (
    select
        customer_id,
        rank() over (order by average_order_amount) - 1 as worse_count,
        count(*) over () as buyer_count
    from order_habits
    where habit_order_count > 0
),

-- given / list in millionths, so that ranks compare whole numbers
discounts as (
    select
        line_habits.customer_id,
        order_habits.habit_order_count,
        cast(line_habits.given_discount_amount * 100 as bigint) as given_fen,
        cast(line_habits.habit_list_amount * 100 as bigint) as list_fen,
        (
            2000000 * cast(line_habits.given_discount_amount * 100 as bigint)
            + cast(line_habits.habit_list_amount * 100 as bigint)
        ) // nullif(2 * cast(line_habits.habit_list_amount * 100 as bigint), 0) as discount_millionths,
        (
            2000000 * cast(line_habits.discounted_spend_amount * 100 as bigint)
            + cast(line_habits.habit_spend_amount * 100 as bigint)
        ) // (2 * cast(line_habits.habit_spend_amount * 100 as bigint)) as discounted_millionths
    from line_habits
    inner join order_habits on line_habits.customer_id = order_habits.customer_id
),

discount_ranks as (
    select
        customer_id,
        rank() over (order by discount_millionths) - 1 as worse_count,
        count(*) over () as buyer_count
    from discounts
    where habit_order_count >= $discount_orders and discount_millionths is not null
),

services as (
    select
        customer_id,
        count(*) filter (where date_diff('day', event_on, cast($as_of as date)) < $window_days) as ticket_count,
        count(*) filter (where is_complaint and date_diff('day', event_on, cast($as_of as date)) < $complaint_days)
            as complaint_count,
        max(case when is_complaint then event_on end) as last_complaint_on
    from customer_tickets
    group by customer_id
),

preferences as (
    select
        customer_id,
        max(case when dimension = 'category' then preference end) as preferred_category,
        max(case when dimension = 'category' then preference_count end) as preferred_category_line_count,
        max(case when dimension = 'category' then preference_rate end) as preferred_category_rate,
        max(case when dimension = 'category' then preference_lift end) as preferred_category_lift,
        max(case when dimension = 'brand' then preference end) as preferred_brand,
        max(case when dimension = 'brand' then preference_count end) as preferred_brand_line_count,
        max(case when dimension = 'brand' then preference_rate end) as preferred_brand_rate,
        max(case when dimension = 'brand' then preference_lift end) as preferred_brand_lift,
        max(case when dimension = 'style' then preference end) as preferred_style,
        max(case when dimension = 'style' then preference_count end) as preferred_style_line_count,
        max(case when dimension = 'style' then preference_rate end) as preferred_style_rate,
        max(case when dimension = 'style' then preference_lift end) as preferred_style_lift,
        max(case when dimension = 'recent_category' then preference end) as recent_category,
        max(case when dimension = 'recent_category' then preference_count end) as recent_category_order_count,
        max(case when dimension = 'service' then preference end) as preferred_service,
        max(case when dimension = 'service' then preference_count end) as preferred_service_count
    from customer_preferences
    where preference_place = 1
    group by customer_id
),

wechat as (
    select distinct customer_id
    from customer_profiles
    where
        strpos(key_types, 'unionid') > 0
        or strpos(key_types, 'openid') > 0
        or strpos(key_types, 'external_userid') > 0
),

referrals as (
    select distinct customer_attributes.acquisition_channel
    from customer_attributes
    inner join referral_words on strpos(lower(customer_attributes.acquisition_channel), referral_words.word) > 0
),

stages as (
    select
        customer_id,
        max(case when profile = 'guide' then stage end) as lifecycle_stage,
        max(case when profile = 'active' then stage end) as activity_stage
    from lifecycle_stages
    where profile in ('guide', 'active')
    group by customer_id
)

select
    who.customer_id,
    who.gender,
    who.age_band,
    year(cast($as_of as date)) - who.birth_year as age_years,
    who.province,
    who.city,
    who.is_member,
    wechat.customer_id is not null as has_wechat,
    case when who.registered_on <= cast($as_of as date) then who.registered_on end as registered_on,
    who.home_store_id,
    who.acquisition_channel,
    referrals.acquisition_channel is not null as is_referred,
    customer_facts.first_order_on,
    customer_facts.last_order_on,
    customer_facts.recency_days,
    customer_facts.order_count,
    customer_facts.net_amount,
    customer_facts.orders_30d_count,
    customer_facts.orders_60d_count,
    customer_facts.orders_90d_count,
    rfm_scores.r_score,
    rfm_scores.f_score,
    rfm_scores.m_score,
    rfm_scores.c_score,
    rfm_scores.rfm_class,
    rfm_scores.rfrc_class,
    stages.lifecycle_stage,
    stages.activity_stage,
    coalesce(response_rates.delivered_count, 0) as delivered_count,
    coalesce(response_rates.response_count, 0) as response_count,
    response_rates.response_rate,
    cast(
        (2000000 * frequency_ranks.worse_count + frequency_ranks.buyer_count) // (2 * frequency_ranks.buyer_count)
        as double
    ) / 1000000 as frequency_rank_rate,
    coalesce(order_habits.habit_order_count, 0) as habit_order_count,
    coalesce(line_habits.habit_line_count, 0) as habit_line_count,
    coalesce(line_habits.habit_spend_amount, 0) as habit_spend_amount,
    coalesce(line_habits.discounted_spend_amount, 0) as discounted_spend_amount,
    cast(discounts.discounted_millionths as double) / 1000000 as discounted_spend_rate,
    coalesce(line_habits.given_discount_amount, 0) as given_discount_amount,
    coalesce(line_habits.habit_list_amount, 0) as habit_list_amount,
    cast(discounts.discount_millionths as double) / 1000000 as mean_discount_rate,
    cast(
        (2000000 * discount_ranks.worse_count + discount_ranks.buyer_count) // (2 * discount_ranks.buyer_count)
        as double
    ) / 1000000 as discount_rank_rate,
    order_habits.average_order_amount,
    cast(
        (2000000 * basket_ranks.worse_count + basket_ranks.buyer_count) // (2 * basket_ranks.buyer_count) as double
    ) / 1000000 as basket_rank_rate,
    coalesce(order_habits.year_order_count, 0) as year_order_count,
    coalesce(order_habits.year_spend_amount, 0) as year_spend_amount,
    coalesce(line_habits.new_product_order_count, 0) as new_product_order_count,
    coalesce(order_habits.habit_channel_count, 0) as habit_channel_count,
    coalesce(order_habits.store_order_count, 0) as store_order_count,
    coalesce(order_habits.online_order_count, 0) as online_order_count,
    coalesce(order_habits.gift_order_count, 0) as gift_order_count,
    cast(
        (2000000 * order_habits.gift_order_count + order_habits.habit_order_count)
        // nullif(2 * order_habits.habit_order_count, 0) as double
    ) / 1000000 as gift_order_rate,
    coalesce(order_habits.coupon_order_count, 0) as coupon_order_count,
    cast(
        (2000000 * order_habits.coupon_order_count + order_habits.habit_order_count)
        // nullif(2 * order_habits.habit_order_count, 0) as double
    ) / 1000000 as coupon_order_rate,
    coalesce(order_habits.timed_order_count, 0) as timed_order_count,
    coalesce(order_habits.night_order_count, 0) as night_order_count,
    cast(
        (2000000 * order_habits.night_order_count + order_habits.timed_order_count)
        // nullif(2 * order_habits.timed_order_count, 0) as double
    ) / 1000000 as night_order_rate,
    coalesce(order_habits.weekend_order_count, 0) as weekend_order_count,
    cast(
        (2000000 * order_habits.weekend_order_count + order_habits.habit_order_count)
        // nullif(2 * order_habits.habit_order_count, 0) as double
    ) / 1000000 as weekend_order_rate,
    coalesce(order_habits.paid_order_count, 0) as paid_order_count,
    coalesce(order_habits.returned_order_count, 0) as returned_order_count,
    cast(
        (2000000 * order_habits.returned_order_count + order_habits.paid_order_count)
        // nullif(2 * order_habits.paid_order_count, 0) as double
    ) / 1000000 as returned_order_rate,
    order_habits.last_unpaid_on,
    coalesce(interest_habits.unpaid_sku_count, 0) as unpaid_sku_count,
    interest_habits.last_cart_on,
    coalesce(interest_habits.view_count, 0) as view_count,
    coalesce(interest_habits.favourite_count, 0) as favourite_count,
    coalesce(interest_habits.share_count, 0) as share_count,
    coalesce(services.ticket_count, 0) as ticket_count,
    coalesce(services.complaint_count, 0) as complaint_count,
    services.last_complaint_on,
    preferences.preferred_category,
    coalesce(preferences.preferred_category_line_count, 0) as preferred_category_line_count,
    preferences.preferred_category_rate,
    preferences.preferred_category_lift,
    preferences.preferred_brand,
    coalesce(preferences.preferred_brand_line_count, 0) as preferred_brand_line_count,
    preferences.preferred_brand_rate,
    preferences.preferred_brand_lift,
    preferences.preferred_style,
    coalesce(preferences.preferred_style_line_count, 0) as preferred_style_line_count,
    preferences.preferred_style_rate,
    preferences.preferred_style_lift,
    preferences.recent_category,
    coalesce(preferences.recent_category_order_count, 0) as recent_category_order_count,
    preferences.preferred_service,
    coalesce(preferences.preferred_service_count, 0) as preferred_service_count
from customer_attributes as who
inner join customer_facts on who.customer_id = customer_facts.customer_id
inner join stages on who.customer_id = stages.customer_id
left join wechat on who.customer_id = wechat.customer_id
left join referrals on who.acquisition_channel = referrals.acquisition_channel
left join rfm_scores on who.customer_id = rfm_scores.customer_id
left join response_rates on who.customer_id = response_rates.customer_id
left join frequency_ranks on who.customer_id = frequency_ranks.customer_id
left join line_habits on who.customer_id = line_habits.customer_id
left join discounts on who.customer_id = discounts.customer_id
left join discount_ranks on who.customer_id = discount_ranks.customer_id
left join order_habits on who.customer_id = order_habits.customer_id
left join basket_ranks on who.customer_id = basket_ranks.customer_id
left join interest_habits on who.customer_id = interest_habits.customer_id
left join services on who.customer_id = services.customer_id
left join preferences on who.customer_id = preferences.customer_id
where not who.profiling_opt_out and not who.is_minor
