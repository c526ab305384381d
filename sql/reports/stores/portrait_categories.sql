-- One row per store, segment and category that at least $least of its members bought since $from_on, the
-- $most_categories with most of their money: its share beside that among all customers of the store.
-- Reads: order_lines, segment_members, store_members.
with bought as (
    select
        store_members.store_id,
        order_lines.customer_id,
        order_lines.category,
        sum(order_lines.net_amount) as net_amount
    from order_lines
    inner join store_members on order_lines.customer_id = store_members.customer_id
    where order_lines.is_purchase and order_lines.category is not null and order_lines.ordered_on >= $from_on
    group by store_members.store_id, order_lines.customer_id, order_lines.category
),

everyone as (
    select
        store_id,
        category,
        sum(net_amount) / nullif(sum(sum(net_amount)) over (partition by store_id), 0) as everyone_rate
    from bought
    group by store_id, category
),

members as (
    select
        bought.store_id,
        segment_members.segment,
        bought.category,
        count(*) as customer_count,
        sum(bought.net_amount) as net_amount
    from segment_members
    inner join bought on segment_members.customer_id = bought.customer_id
    group by bought.store_id, segment_members.segment, bought.category
),

shared as (
    select
        store_id,
        segment,
        category,
        customer_count,
        net_amount / nullif(sum(net_amount) over (partition by store_id, segment), 0) as net_rate
    from members
),

compared as (
    select
        shared.store_id,
        shared.segment,
        shared.category,
        shared.customer_count,
        shared.net_rate,
        everyone.everyone_rate,
        row_number()
            over (partition by shared.store_id, shared.segment order by shared.net_rate desc, shared.category asc)
            as place
    from shared
    inner join everyone on shared.store_id = everyone.store_id and shared.category = everyone.category
    where shared.customer_count >= $least and shared.net_rate > 0
)

select
    store_id,
    segment,
    category,
    customer_count,
    round(net_rate, 6) as net_rate,
    round(everyone_rate, 6) as everyone_rate
from compared
where place <= $most_categories
