-- One row per source profile: of every attribute the value that survives.
-- Reads: profile_values, profile_names.
-- A full name beats a masked one and a masked one a nickname, a place with its city one without; then the member
-- file beats orders and orders beat the rest; then the value seen last; then the longest; ties by the value.
-- registered_on is the earliest instead, and one refusal of profiling is enough.
with
graded as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        case when attribute = 'place' and attribute_value like '%/' then 2 else 1 end as grade,
        trust_rank,
        last_seen_on
    from profile_values
    where attribute <> 'name'
    union all
    select
        source,
        profile_key,
        'name' as attribute,
        name_text as attribute_value,
        case name_class when 'full' then 1 when 'masked' then 2 else 3 end as grade,
        trust_rank,
        last_seen_on
    from profile_names
),

ordered as (
    select
        source,
        profile_key,
        attribute,
        attribute_value,
        row_number() over (
            partition by source, profile_key, attribute
            order by
                grade asc,
                trust_rank asc,
                last_seen_on desc nulls last,
                length(attribute_value) desc,
                attribute_value asc
        ) as position
    from graded
),

surviving as (
    select
        source,
        profile_key,
        max(case when attribute = 'member_no' then attribute_value end) as member_no,
        max(case when attribute = 'unionid' then attribute_value end) as unionid,
        max(case when attribute = 'openid' then attribute_value end) as openid,
        max(case when attribute = 'platform_user_id' then attribute_value end) as platform_user_id,
        max(case when attribute = 'external_userid' then attribute_value end) as external_userid,
        max(case when attribute = 'phone' then attribute_value end) as phone,
        max(case when attribute = 'email' then attribute_value end) as email,
        max(case when attribute = 'name' then attribute_value end) as name,
        max(case when attribute = 'gender' then attribute_value end) as gender,
        max(case when attribute = 'birth_date' then attribute_value end) as birth_date,
        max(case when attribute = 'home_store_id' then attribute_value end) as home_store_id,
        max(case when attribute = 'acquisition_channel' then attribute_value end) as acquisition_channel,
        max(case when attribute = 'place' then attribute_value end) as place
    from ordered
    where position = 1
    group by
        source,
        profile_key
),

seen as (
    select
        source,
        profile_key,
        min(case when attribute = 'registered_on' then attribute_value end) as registered_on,
        count(case when attribute = 'profiling_opt_out' then 1 end) > 0 as profiling_opt_out,
        min(first_seen_on) as first_seen_on,
        max(last_seen_on) as last_seen_on
    from profile_values
    group by
        source,
        profile_key
)

select
    seen.source,
    seen.profile_key,
    surviving.member_no,
    surviving.unionid,
    surviving.openid,
    surviving.platform_user_id,
    surviving.external_userid,
    surviving.phone,
    surviving.email,
    concat_ws(
        ',',
        case when surviving.member_no is not null then 'member_no' end,
        case when surviving.unionid is not null then 'unionid' end,
        case when surviving.openid is not null then 'openid' end,
        case when surviving.platform_user_id is not null then 'platform_user_id' end,
        case when surviving.external_userid is not null then 'external_userid' end,
        case when surviving.phone is not null then 'phone' end,
        case when surviving.email is not null then 'email' end
    ) as key_types,
    surviving.member_no is not null as is_member,
    surviving.name,
    surviving.gender,
    surviving.birth_date,
    seen.registered_on,
    surviving.home_store_id,
    surviving.acquisition_channel,
    nullif(split_part(surviving.place, '/', 1), '') as province,
    nullif(split_part(surviving.place, '/', 2), '') as city,
    seen.profiling_opt_out,
    seen.first_seen_on,
    seen.last_seen_on
from seen
inner join surviving
    on
        seen.source = surviving.source
        and seen.profile_key = surviving.profile_key
