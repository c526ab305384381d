-- One row per source profile: of every attribute the value that survives.
-- Reads: profile_values, profile_names.
-- A full name beats a masked one and a masked one a nickname, a place with its city one without; then the member
-- file beats orders and orders beat the rest; then the value seen last; then the longest; ties by the value.
-- registered_on is the earliest instead, and one refusal of profiling is enough.
-- `claim` holds all of that in one text, the least of which wins: 13 characters of rank, then the value. That costs
-- one pass where ranking the rows of every profile would sort them all.
with
graded as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        case when attribute = 'place' and attribute_value like '%/' then '2' else '1' end as grade,
        trust_rank,
        first_seen_on,
        last_seen_on
    from profile_values
    where attribute not in ('name', 'phone_shown', 'district')
    union all
    select
        source,
        profile_key,
        'name' as attribute,
        name_text as attribute_value,
        case name_class when 'full' then '1' when 'masked' then '2' else '3' end as grade,
        trust_rank,
        first_seen_on,
        last_seen_on
    from profile_names
),

claims as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        first_seen_on,
        last_seen_on,
        concat(
            grade,
            cast(trust_rank as varchar),
            cast(900000 - coalesce(datediff('day', date '1900-01-01', last_seen_on), 0) as varchar),
            cast(90000 - length(attribute_value) as varchar),
            attribute_value
        ) as claim
    from graded
),

surviving as (
    select
        source,
        profile_key,
        substr(min(case when attribute = 'member_no' then claim end), 14) as member_no,
        substr(min(case when attribute = 'unionid' then claim end), 14) as unionid,
        substr(min(case when attribute = 'openid' then claim end), 14) as openid,
        substr(min(case when attribute = 'platform_user_id' then claim end), 14) as platform_user_id,
        substr(min(case when attribute = 'external_userid' then claim end), 14) as external_userid,
        substr(min(case when attribute = 'phone' then claim end), 14) as phone,
        substr(min(case when attribute = 'email' then claim end), 14) as email,
        substr(min(case when attribute = 'name' then claim end), 14) as name,
        substr(min(case when attribute = 'gender' then claim end), 14) as gender,
        substr(min(case when attribute = 'birth_date' then claim end), 14) as birth_date,
        substr(min(case when attribute = 'home_store_id' then claim end), 14) as home_store_id,
        substr(min(case when attribute = 'acquisition_channel' then claim end), 14) as acquisition_channel,
        substr(min(case when attribute = 'place' then claim end), 14) as place,
        min(case when attribute = 'registered_on' then attribute_value end) as registered_on,
        count(case when attribute = 'profiling_opt_out' then 1 end) > 0 as profiling_opt_out,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on
    from claims
    group by
        source,
        profile_key
)

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
    concat_ws(
        ',',
        case when member_no is not null then 'member_no' end,
        case when unionid is not null then 'unionid' end,
        case when openid is not null then 'openid' end,
        case when platform_user_id is not null then 'platform_user_id' end,
        case when external_userid is not null then 'external_userid' end,
        case when phone is not null then 'phone' end,
        case when email is not null then 'email' end
    ) as key_types,
    member_no is not null as is_member,
    name,
    gender,
    birth_date,
    registered_on,
    home_store_id,
    acquisition_channel,
    nullif(split_part(place, '/', 1), '') as province,
    nullif(split_part(place, '/', 2), '') as city,
    profiling_opt_out,
    first_seen_on,
    last_seen_on
from surviving
