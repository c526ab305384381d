-- One row per source profile, attribute and value it was ever seen with; rows without a buyer key belong to nobody.
-- Reads: clean_order_heads, clean_order_lines, clean_members, clean_events, clean_campaign_contacts, clean_consents,
-- clean_tickets, clean_points. $as_of: registrations after it count as none.
-- Orders are brought down to their distinct combinations first, because there are twenty of them per profile.
-- The place of an order is where its receiver lives, so gifts tell nothing of the buyer's.
with
order_rows as (
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        buyer_name as name,
        case when is_gift then null else province end as province,
        case when is_gift then null else city end as city,
        case when is_gift then null else district end as district,
        phone_shown,
        event_on
    from clean_order_heads
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        buyer_name as name,
        case when is_gift then null else province end as province,
        case when is_gift then null else city end as city,
        case when is_gift then null else district end as district,
        phone_shown,
        event_on
    from clean_order_lines
    where profile_key is not null
),

other_rows as (
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        event_on
    from clean_events
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        event_on
    from clean_campaign_contacts
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        event_on
    from clean_consents
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        event_on
    from clean_tickets
    where profile_key is not null
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        event_on
    from clean_points
    where profile_key is not null
),

sightings as (
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        name,
        null as gender,
        null as birth_date,
        null as registered_on,
        nullif(concat(coalesce(province, ''), '/', coalesce(city, '')), '/') as place,
        null as home_store_id,
        null as acquisition_channel,
        null as profiling_opt_out,
        case
            when district <> '' then concat(coalesce(province, ''), '/', coalesce(city, ''), '/', district)
        end as district,
        phone_shown,
        2 as trust_rank,
        min(event_on) as first_seen_on,
        max(event_on) as last_seen_on
    from order_rows
    group by
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        name,
        province,
        city,
        district,
        phone_shown
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        null as name,
        null as gender,
        null as birth_date,
        null as registered_on,
        null as place,
        null as home_store_id,
        null as acquisition_channel,
        null as profiling_opt_out,
        null as district,
        null as phone_shown,
        3 as trust_rank,
        min(event_on) as first_seen_on,
        max(event_on) as last_seen_on
    from other_rows
    group by
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email
    union all
    select
        source,
        profile_key,
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        name,
        gender,
        cast(birth_date as varchar) as birth_date,
        case when registered_on <= $as_of then cast(registered_on as varchar) end as registered_on,
        nullif(concat(coalesce(province, ''), '/', coalesce(city, '')), '/') as place,
        store_id as home_store_id,
        acquisition_channel,
        case when profiling_opt_out then 'true' end as profiling_opt_out,
        case
            when district <> '' then concat(coalesce(province, ''), '/', coalesce(city, ''), '/', district)
        end as district,
        phone_shown,
        1 as trust_rank,
        coalesce(event_on, case when registered_on <= $as_of then registered_on end) as first_seen_on,
        coalesce(event_on, case when registered_on <= $as_of then registered_on end) as last_seen_on
    from clean_members
    where profile_key is not null
)

select
    source,
    profile_key,
    attribute,
    attribute_value,
    min(trust_rank) as trust_rank,
    min(first_seen_on) as first_seen_on,
    max(last_seen_on) as last_seen_on
from sightings
unpivot (
    attribute_value for attribute in (
        member_no,
        unionid,
        openid,
        platform_user_id,
        external_userid,
        phone,
        email,
        name,
        gender,
        birth_date,
        registered_on,
        place,
        home_store_id,
        acquisition_channel,
        profiling_opt_out,
        district,
        phone_shown
    )
)
group by
    source,
    profile_key,
    attribute,
    attribute_value
