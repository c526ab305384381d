-- One row per place, segment and category that at least $least of its members bought since $from_on, the
-- $most_categories with most of their money: its share beside that among all customers there.
-- Reads: order_lines, segment_members, people.
with purchases as (
    select
        customer_id,
        category,
        sum(net_amount) as net_amount
    from order_lines
    where is_purchase and customer_id is not null and category is not null and ordered_on >= $from_on
    group by customer_id, category
),

bought as (
    select
        people.place_id,
        people.customer_id,
        purchases.category,
        purchases.net_amount
    from purchases
    inner join people on purchases.customer_id = people.customer_id
),

everyone as (
    select
        place_id,
        category,
        sum(net_amount) / nullif(sum(sum(net_amount)) over (partition by place_id), 0) as everyone_rate
    from bought
    group by place_id, category
),

members as (
    select
        bought.place_id,
        segment_members.segment,
        bought.category,
        count(*) as customer_count,
        sum(bought.net_amount) as net_amount
    from segment_members
    inner join bought on segment_members.customer_id = bought.customer_id
    group by bought.place_id, segment_members.segment, bought.category
),

shared as (
    select
        place_id,
        segment,
        category,
        customer_count,
        net_amount / nullif(sum(net_amount) over (partition by place_id, segment), 0) as net_rate
    from members
),

compared as (
    select
        shared.place_id,
        shared.segment,
        shared.category,
        shared.customer_count,
        shared.net_rate,
        everyone.everyone_rate,
        row_number()
            over (partition by shared.place_id, shared.segment order by shared.net_rate desc, shared.category asc)
            as place
    from shared
    inner join everyone on shared.place_id = everyone.place_id and shared.category = everyone.category
    where shared.customer_count >= $least and shared.net_rate > 0
)

select
    place_id,
    segment,
    category,
    customer_count,
    round(net_rate, 6) as net_rate,
    round(everyone_rate, 6) as everyone_rate
from compared
where place <= $most_categories
