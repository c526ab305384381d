-- One row per place and segment with at least $least customers of the place: its size, its money, and how its members
-- buy beside everybody there. Means of money and recency are those of buyers.
-- Reads: portrait_groups, segment_definitions.
with summed as (
    select
        place_id,
        segment,
        cast(sum(customer_count) as bigint) as member_count,
        cast(sum(buyer_count) as bigint) as buyer_count,
        sum(net_amount) as net_amount,
        cast(sum(order_count) as double) / nullif(sum(buyer_count), 0) as mean_orders,
        cast(sum(recency_days) as double) / nullif(sum(recency_count), 0) as mean_recency
    from portrait_groups
    group by place_id, segment
),

everyone as (
    select
        place_id,
        member_count as everyone_count,
        net_amount as everyone_amount,
        mean_orders as everyone_orders,
        mean_recency as everyone_recency
    from summed
    where segment is null
)

select
    everyone.place_id,
    segment_definitions.segment,
    segment_definitions.label,
    segment_definitions.definition,
    coalesce(members.member_count, 0) as member_count,
    coalesce(members.buyer_count, 0) as buyer_count,
    cast(coalesce(members.net_amount, 0) as decimal(18, 2)) as net_amount,
    round(coalesce(members.member_count, 0) / nullif(everyone.everyone_count, 0), 6) as member_rate,
    round(coalesce(members.net_amount, 0) / nullif(everyone.everyone_amount, 0), 6) as net_rate,
    cast(members.net_amount / nullif(members.buyer_count, 0) as decimal(18, 2)) as buyer_amount,
    round(members.mean_orders, 6) as mean_orders,
    round(everyone.everyone_orders, 6) as everyone_orders,
    round(members.mean_recency, 6) as mean_recency,
    round(everyone.everyone_recency, 6) as everyone_recency
from everyone
cross join segment_definitions
left join summed as members
    on everyone.place_id = members.place_id and segment_definitions.segment = members.segment
where coalesce(members.member_count, 0) >= $least
