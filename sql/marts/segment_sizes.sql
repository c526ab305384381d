-- One row per segment, empty ones included: its size, its money and who moved tonight.
-- Reads: customers, segment_changes, segment_definitions, segment_members.
-- Columns:
--   member_count: Customers in the segment.
--   member_rate: Share of all customers.
--   net_amount: Net money of the purchases of the members, all history.
--   entered_count: Customers who entered since the last published night.
--   left_count: Customers who left since the last published night.
with members as (
    select
        segment_members.segment,
        count(*) as member_count,
        sum(customers.net_amount) as net_amount
    from segment_members
    inner join customers on segment_members.customer_id = customers.customer_id
    group by segment_members.segment
),

moves as (
    select
        segment,
        count(*) filter (where change = 'entered') as entered_count,
        count(*) filter (where change = 'left') as left_count
    from segment_changes
    group by segment
),

everyone as (
    select count(*) as customer_count
    from customers
)

select
    segment_definitions.segment,
    segment_definitions.label,
    segment_definitions.definition,
    coalesce(members.member_count, 0) as member_count,
    round(coalesce(members.member_count, 0) / nullif(everyone.customer_count, 0), 6) as member_rate,
    cast(coalesce(members.net_amount, 0) as decimal(18, 2)) as net_amount,
    coalesce(moves.entered_count, 0) as entered_count,
    coalesce(moves.left_count, 0) as left_count
from segment_definitions
cross join everyone
left join members on segment_definitions.segment = members.segment
left join moves on segment_definitions.segment = moves.segment
