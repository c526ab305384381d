-- One row per segment: its size, its money, and how its members buy beside everybody.
-- Everybody are all customers; means of money and recency are those of buyers.
-- Reads: customers, segment_definitions, segment_members.
with everyone as (
    select
        count(*) as everyone_count,
        sum(net_amount) as everyone_amount,
        cast(sum(order_count) as double) / nullif(count(*) filter (where order_count > 0), 0) as everyone_orders,
        cast(sum(recency_days) as double) / nullif(count(recency_days), 0) as everyone_recency
    from customers
),

members as (
    select
        segment_members.segment,
        count(*) as member_count,
        count(*) filter (where customers.order_count > 0) as buyer_count,
        sum(customers.net_amount) as net_amount,
        cast(sum(customers.order_count) as double) / nullif(count(*) filter (where customers.order_count > 0), 0)
            as mean_orders,
        cast(sum(customers.recency_days) as double) / nullif(count(customers.recency_days), 0) as mean_recency
    from segment_members
    inner join customers on segment_members.customer_id = customers.customer_id
    group by segment_members.segment
)

select
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
from segment_definitions
cross join everyone
left join members on segment_definitions.segment = members.segment
