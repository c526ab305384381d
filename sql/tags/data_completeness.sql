-- One row per store and field: of how many customers it is known. `*` = all customers, `-` = those without a store.
-- Reads: customer_completeness.
with placed as (
    select
        store_id,
        has_name,
        has_phone,
        has_email,
        has_wechat,
        has_gender,
        has_birthday,
        has_city,
        has_acquisition_channel,
        has_home_store,
        has_consent_known,
        has_consent_granted,
        has_purchase
    from customer_completeness
    union all
    select
        '*' as store_id,
        has_name,
        has_phone,
        has_email,
        has_wechat,
        has_gender,
        has_birthday,
        has_city,
        has_acquisition_channel,
        has_home_store,
        has_consent_known,
        has_consent_granted,
        has_purchase
    from customer_completeness
),

stores as (
    select
        store_id,
        count(*) as customer_count,
        count(*) filter (where has_name) as name_count,
        count(*) filter (where has_phone) as phone_count,
        count(*) filter (where has_email) as email_count,
        count(*) filter (where has_wechat) as wechat_count,
        count(*) filter (where has_gender) as gender_count,
        count(*) filter (where has_birthday) as birthday_count,
        count(*) filter (where has_city) as city_count,
        count(*) filter (where has_acquisition_channel) as acquisition_channel_count,
        count(*) filter (where has_home_store) as home_store_count,
        count(*) filter (where has_consent_known) as consent_known_count,
        count(*) filter (where has_consent_granted) as consent_granted_count,
        count(*) filter (where has_purchase) as purchase_count
    from placed
    group by store_id
),

fields as (
    select 'name' as field
    union all
    select 'phone' as field
    union all
    select 'email' as field
    union all
    select 'wechat' as field
    union all
    select 'gender' as field
    union all
    select 'birthday' as field
    union all
    select 'city' as field
    union all
    select 'acquisition_channel' as field
    union all
    select 'home_store' as field
    union all
    select 'consent_known' as field
    union all
    select 'consent_granted' as field
    union all
    select 'purchase' as field
),

counted as (
    select
        stores.store_id,
        fields.field,
        stores.customer_count,
        case fields.field
            when 'name' then stores.name_count
            when 'phone' then stores.phone_count
            when 'email' then stores.email_count
            when 'wechat' then stores.wechat_count
            when 'gender' then stores.gender_count
            when 'birthday' then stores.birthday_count
            when 'city' then stores.city_count
            when 'acquisition_channel' then stores.acquisition_channel_count
            when 'home_store' then stores.home_store_count
            when 'consent_known' then stores.consent_known_count
            when 'consent_granted' then stores.consent_granted_count
            when 'purchase' then stores.purchase_count
        end as known_count
    from stores
    cross join fields
)

select
    store_id,
    field,
    customer_count as customers,
    known_count as filled,
    cast((2000000 * known_count + customer_count) // (2 * customer_count) as double) / 1000000 as rate
from counted
