-- One row per customer: which data are known of them. consent_known: they said yes or no for any channel;
-- consent_granted: their last word for any channel is yes.
-- Reads: channel_consents, customer_attributes, customer_facts, customer_profiles.
with consents as (
    select
        customer_id,
        count(*) filter (where consent = 'granted') > 0 as is_granted
    from channel_consents
    where consent in ('granted', 'withdrawn')
    group by customer_id
),

wechat as (
    select distinct customer_id
    from customer_profiles
    where
        strpos(key_types, 'unionid') > 0
        or strpos(key_types, 'openid') > 0
        or strpos(key_types, 'external_userid') > 0
)

select
    who.customer_id,
    coalesce(who.home_store_id, '-') as store_id,
    who.name_masked is not null as has_name,
    who.phone_masked is not null as has_phone,
    who.email_masked is not null as has_email,
    wechat.customer_id is not null as has_wechat,
    who.gender is not null as has_gender,
    who.birth_year is not null as has_birthday,
    who.city is not null as has_city,
    who.acquisition_channel is not null as has_acquisition_channel,
    who.home_store_id is not null as has_home_store,
    consents.customer_id is not null as has_consent_known,
    coalesce(consents.is_granted, false) as has_consent_granted,
    customer_facts.order_count > 0 as has_purchase
from customer_attributes as who
inner join customer_facts on who.customer_id = customer_facts.customer_id
left join wechat on who.customer_id = wechat.customer_id
left join consents on who.customer_id = consents.customer_id
