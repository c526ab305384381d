-- One row per tag, and per kind of data: how many customers it covers and how much of the revenue is theirs.
-- The tag `*` stands for customers with any tag. Shares are of all customers, also those who may have no tags.
-- Reads: customer_completeness, customer_facts, customer_tags, tag_definitions.
with known as (
    select
        'name' as field,
        customer_id
    from customer_completeness
    where has_name
    union all
    select
        'phone' as field,
        customer_id
    from customer_completeness
    where has_phone
    union all
    select
        'email' as field,
        customer_id
    from customer_completeness
    where has_email
    union all
    select
        'wechat' as field,
        customer_id
    from customer_completeness
    where has_wechat
    union all
    select
        'gender' as field,
        customer_id
    from customer_completeness
    where has_gender
    union all
    select
        'birthday' as field,
        customer_id
    from customer_completeness
    where has_birthday
    union all
    select
        'city' as field,
        customer_id
    from customer_completeness
    where has_city
    union all
    select
        'acquisition_channel' as field,
        customer_id
    from customer_completeness
    where has_acquisition_channel
    union all
    select
        'home_store' as field,
        customer_id
    from customer_completeness
    where has_home_store
    union all
    select
        'consent_known' as field,
        customer_id
    from customer_completeness
    where has_consent_known
    union all
    select
        'consent_granted' as field,
        customer_id
    from customer_completeness
    where has_consent_granted
    union all
    select
        'purchase' as field,
        customer_id
    from customer_completeness
    where has_purchase
),

owned as (
    select
        'data' as coverage_kind,
        field as tag,
        customer_id
    from known
    union all
    select
        'tag' as coverage_kind,
        tag,
        customer_id
    from customer_tags
    union all
    select distinct
        'tag' as coverage_kind,
        '*' as tag,
        customer_id
    from customer_tags
),

sums as (
    select
        owned.coverage_kind,
        owned.tag,
        count(*) as customer_count,
        cast(sum(customer_facts.net_amount) * 100 as decimal(38, 0)) as fen
    from owned
    inner join customer_facts on owned.customer_id = customer_facts.customer_id
    group by owned.coverage_kind, owned.tag
),

everybody as (
    select
        count(*) as customer_count,
        cast(sum(net_amount) * 100 as decimal(38, 0)) as fen
    from customer_facts
),

names as (
    select
        'tag' as coverage_kind,
        tag
    from tag_definitions
    union all
    select
        'tag' as coverage_kind,
        '*' as tag
    union all
    select
        'data' as coverage_kind,
        'name' as tag
    union all
    select
        'data' as coverage_kind,
        'phone' as tag
    union all
    select
        'data' as coverage_kind,
        'email' as tag
    union all
    select
        'data' as coverage_kind,
        'wechat' as tag
    union all
    select
        'data' as coverage_kind,
        'gender' as tag
    union all
    select
        'data' as coverage_kind,
        'birthday' as tag
    union all
    select
        'data' as coverage_kind,
        'city' as tag
    union all
    select
        'data' as coverage_kind,
        'acquisition_channel' as tag
    union all
    select
        'data' as coverage_kind,
        'home_store' as tag
    union all
    select
        'data' as coverage_kind,
        'consent_known' as tag
    union all
    select
        'data' as coverage_kind,
        'consent_granted' as tag
    union all
    select
        'data' as coverage_kind,
        'purchase' as tag
),

counted as (
    select
        names.coverage_kind,
        names.tag,
        coalesce(sums.customer_count, 0) as customer_count,
        everybody.customer_count as all_customer_count,
        coalesce(cast(sums.fen as double), 0) as fen,
        cast(everybody.fen as double) as all_fen
    from names
    cross join everybody
    left join sums on names.coverage_kind = sums.coverage_kind and names.tag = sums.tag
)

select
    coverage_kind,
    tag,
    customer_count as customers,
    round(coalesce(cast(customer_count as double) / nullif(all_customer_count, 0), 0), 6) as share,
    round(coalesce(fen / nullif(all_fen, 0), 0), 6) as revenue_share
from counted
