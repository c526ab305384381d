-- One row per segment and category that its members bought since $from_on: buyers, and the share of money beside
-- that of everybody. Reads: order_lines, segment_members.
with bought as (
    select
        customer_id,
        category,
        sum(net_amount) as net_amount
    from order_lines
    where is_purchase and customer_id is not null and category is not null and ordered_on >= $from_on
    group by customer_id, category
),

everyone as (
    select
        category,
        sum(net_amount) as everyone_amount
    from bought
    group by category
),

members as (
    select
        segment_members.segment,
        bought.category,
        count(*) as customer_count,
        sum(bought.net_amount) as net_amount
    from segment_members
    inner join bought on segment_members.customer_id = bought.customer_id
    group by segment_members.segment, bought.category
)

select
    members.segment,
    members.category,
    members.customer_count,
    round(members.net_amount / nullif(sum(members.net_amount) over (partition by members.segment), 0), 6) as net_rate,
    round(everyone.everyone_amount / nullif((select sum(every.everyone_amount) from everyone as every), 0), 6)
        as everyone_rate
from members
inner join everyone on members.category = everyone.category
