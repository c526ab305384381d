-- One row per store and segment with at least $least of its customers: size, money, and how they buy beside all
-- customers of the store. Reads: segment_definitions, segment_members, store_members.
with everyone as (
    select
        store_id,
        count(*) as everyone_count,
        sum(net_amount) as everyone_amount,
        cast(sum(order_count) as double) / nullif(count(*) filter (where order_count > 0), 0) as everyone_orders,
        cast(sum(recency_days) as double) / nullif(count(recency_days), 0) as everyone_recency
    from store_members
    group by store_id
),

members as (
    select
        store_members.store_id,
        segment_members.segment,
        count(*) as member_count,
        count(*) filter (where store_members.order_count > 0) as buyer_count,
        sum(store_members.net_amount) as net_amount,
        cast(sum(store_members.order_count) as double)
        / nullif(count(*) filter (where store_members.order_count > 0), 0) as mean_orders,
        cast(sum(store_members.recency_days) as double) / nullif(count(store_members.recency_days), 0) as mean_recency
    from segment_members
    inner join store_members on segment_members.customer_id = store_members.customer_id
    group by store_members.store_id, segment_members.segment
    having count(*) >= $least
)

select
    members.store_id,
    members.segment,
    segment_definitions.label,
    segment_definitions.definition,
    members.member_count,
    members.buyer_count,
    cast(members.net_amount as decimal(18, 2)) as net_amount,
    round(members.member_count / everyone.everyone_count, 6) as member_rate,
    round(members.net_amount / nullif(everyone.everyone_amount, 0), 6) as net_rate,
    cast(members.net_amount / nullif(members.buyer_count, 0) as decimal(18, 2)) as buyer_amount,
    round(members.mean_orders, 6) as mean_orders,
    round(everyone.everyone_orders, 6) as everyone_orders,
    round(members.mean_recency, 6) as mean_recency,
    round(everyone.everyone_recency, 6) as everyone_recency
from members
inner join everyone on members.store_id = everyone.store_id
inner join segment_definitions on members.segment = segment_definitions.segment
