-- One row per customer with a member number: spend of the tier's year, the tier it earns and the tier kept.
-- Spend is the net_amount of purchases on the day of their order, so refunds lower the day that was refunded.
-- A purchase counts until the day before the same calendar day of the next year; that of 29 February through
-- 28 February. In a calendar year it counts until 31 December. Reads: customer_attributes, orders, tier_ladder.
-- $keep_from_on: first of the days whose spend may keep a tier; as_of where no tier is kept.
with members as (
    select customer_id
    from customer_attributes
    where is_member
),

purchases as (
    select
        orders.customer_id,
        orders.ordered_on,
        orders.net_amount,
        case
            when $period = 'calendar_year' then make_date(year(orders.ordered_on) + 1, 1, 1)
            when month(orders.ordered_on) = 2 and day(orders.ordered_on) = 29
                then make_date(year(orders.ordered_on) + 1, 3, 1)
            else make_date(year(orders.ordered_on) + 1, month(orders.ordered_on), day(orders.ordered_on))
        end as expires_on
    from orders
    inner join members on orders.customer_id = members.customer_id
    where orders.is_purchase and orders.ordered_on <= cast($as_of as date)
),

-- spend rises on the day of a purchase and falls on the day it expires; what was before stands on the first day
steps as (
    select
        customer_id,
        greatest(ordered_on, cast($keep_from_on as date)) as changed_on,
        net_amount as change_amount
    from purchases
    where expires_on > cast($keep_from_on as date)
    union all
    select
        customer_id,
        expires_on as changed_on,
        -net_amount as change_amount
    from purchases
    where expires_on > cast($keep_from_on as date) and expires_on <= cast($as_of as date)
),

changes as (
    select
        customer_id,
        changed_on,
        sum(change_amount) as change_amount
    from steps
    group by customer_id, changed_on
),

running as (
    select
        customer_id,
        sum(change_amount) over (partition by customer_id order by changed_on) as spend_amount,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on
    from changes
),

-- a span of days with one spend; its last day is the day before the next change
spans as (
    select
        running.customer_id,
        running.spend_amount,
        running.next_changed_on is null as is_current,
        tier_ladder.tier,
        tier_ladder.tier_rank,
        coalesce(running.next_changed_on - 1, cast($as_of as date)) as last_on
    from running
    inner join tier_ladder
        on
            running.spend_amount >= tier_ladder.from_amount
            and (tier_ladder.until_amount is null or running.spend_amount < tier_ladder.until_amount)
),

best as (
    select
        customer_id,
        tier,
        last_on,
        row_number() over (partition by customer_id order by tier_rank desc, last_on desc) as place
    from spans
),

lowest as (
    select tier
    from tier_ladder
    where tier_rank = 0
)

select
    members.customer_id,
    coalesce(spans.spend_amount, 0) as spend_12m_amount,
    coalesce(spans.tier, lowest.tier) as earned_tier,
    coalesce(best.tier, lowest.tier) as tier,
    coalesce(best.last_on, cast($as_of as date)) as tier_earned_on
from members
cross join lowest
left join spans on members.customer_id = spans.customer_id and spans.is_current
left join best on members.customer_id = best.customer_id and best.place = 1
