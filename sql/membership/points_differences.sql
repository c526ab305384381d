-- One row per customer whose reported points differ from the ledger, and what the difference is equal to.
-- Set aside first: other_points (redemptions, balances brought forward), unless the ledger holds them already; and
-- where movements are known, the points of orders on whose day none were given, if that brings the sides closer.
-- What is left is compared with what orders would explain, in this order: the points of one order (missing or given
-- twice), of a refund that took none back, of a return slip that found no order but took some back, of all orders of
-- one channel (missing, or the only ones that earned), of all orders before registration, refunds cut to whole units
-- one by one, and the fractions of a unit that floor(net_amount) cuts off. Equal sums may be chance: the cause is
-- probable, not proved.
-- Reads: cause_words, clean_points, customer_attributes, customer_profiles, member_points, orders.
with differing as (
    select
        member_points.customer_id,
        member_points.reported_points,
        member_points.ledger_points,
        member_points.ledger_difference,
        member_points.order_points,
        member_points.other_points,
        customer_attributes.registered_on,
        member_points.ledger_difference
        - case when $ledger = 'orders' then member_points.other_points else 0 end as difference_of_orders
    from member_points
    inner join customer_attributes on member_points.customer_id = customer_attributes.customer_id
    where member_points.ledger_difference <> 0
),

given as (
    select distinct
        customer_profiles.customer_id,
        clean_points.event_on
    from clean_points
    inner join customer_profiles
        on
            clean_points.source = customer_profiles.source
            and clean_points.profile_key = customer_profiles.profile_key
    where
        clean_points.points > 0
        and clean_points.event_on <= cast($as_of as date)
        and regexp_matches(lower(coalesce(clean_points.reason, '')), $earning_pattern)
),

known as (
    select count(*) > 0 as has_movements
    from given
),

trade as (
    select
        differing.customer_id,
        differing.difference_of_orders,
        differing.order_points as all_points,
        orders.order_key,
        orders.channel,
        orders.ordered_on,
        orders.is_purchase,
        orders.net_amount,
        orders.ordered_on < differing.registered_on as is_before,
        known.has_movements and given.customer_id is null as is_unmoved,
        floor(orders.net_amount) * $points_per_unit as points,
        floor(abs(orders.net_amount)) * $points_per_unit as returned_points,
        case when orders.refund_amount > 0 then floor(orders.paid_amount) - floor(orders.net_amount) else 0 end
        * $points_per_unit as refunded_points,
        case
            when orders.refund_amount > 0
                then floor(orders.paid_amount) - floor(orders.refund_amount) - floor(orders.net_amount)
            else 0
        end
        * $points_per_unit as refund_fraction_points
    from orders
    inner join differing on orders.customer_id = differing.customer_id
    cross join known
    left join given on orders.customer_id = given.customer_id and orders.ordered_on = given.event_on
    where
        orders.ordered_on <= cast($as_of as date)
        and differing.difference_of_orders <> 0
        and ($channels = '' or strpos($channels, ',' || orders.channel || ',') > 0)
),

without_movement as (
    select
        customer_id,
        sum(points) as unmoved_points,
        count(*) as unmoved_order_count,
        min(order_key) as order_key,
        min(channel) as channel
    from trade
    where is_purchase and is_unmoved
    group by customer_id
    having abs(any_value(difference_of_orders) + sum(points)) < abs(any_value(difference_of_orders))
),

remainders as (
    select
        differing.customer_id,
        differing.difference_of_orders + coalesce(without_movement.unmoved_points, 0) as unexplained_points
    from differing
    left join without_movement on differing.customer_id = without_movement.customer_id
),

left_over as (
    select
        trade.*,
        remainders.unexplained_points
    from trade
    inner join remainders on trade.customer_id = remainders.customer_id
    where remainders.unexplained_points <> 0
),

of_one_order as (
    select
        customer_id,
        order_key,
        channel,
        ordered_on,
        case
            when is_purchase and points = -unexplained_points then 1
            when is_purchase and points = unexplained_points then 2
            when refunded_points = unexplained_points and refunded_points > 0 then 3
            when not is_purchase and net_amount < 0 and returned_points = -unexplained_points then 4
        end as precedence
    from left_over
),

of_channels as (
    select
        customer_id,
        channel,
        case
            when sum(points) = -any_value(unexplained_points) then 5
            when sum(points) = any_value(all_points) + any_value(unexplained_points) then 6
        end as precedence
    from left_over
    where is_purchase
    group by customer_id, channel
),

of_all_orders as (
    select
        customer_id,
        case
            when sum(points) filter (where is_before) = -any_value(unexplained_points) then 7
            when
                floor(sum(net_amount)) * $points_per_unit - any_value(all_points) = any_value(unexplained_points)
                then 9
            when
                sum(round(net_amount, 0)) * $points_per_unit - any_value(all_points) = any_value(unexplained_points)
                then 10
        end as precedence
    from left_over
    where is_purchase
    group by customer_id
),

of_refunds as (
    select
        customer_id,
        case when sum(refund_fraction_points) = any_value(unexplained_points) then 8 end as precedence
    from left_over
    group by customer_id
),

found as (
    select
        customer_id,
        order_key,
        channel,
        ordered_on,
        precedence
    from of_one_order
    where precedence is not null
    union all
    select
        customer_id,
        null as order_key,
        channel,
        null as ordered_on,
        precedence
    from of_channels
    where precedence is not null
    union all
    select
        customer_id,
        null as order_key,
        null as channel,
        null as ordered_on,
        precedence
    from of_all_orders
    where precedence is not null
    union all
    select
        customer_id,
        null as order_key,
        null as channel,
        null as ordered_on,
        precedence
    from of_refunds
    where precedence is not null
),

-- of several orders with the same points the latest
likeliest as (
    select
        customer_id,
        order_key,
        channel,
        precedence,
        row_number() over (
            partition by customer_id
            order by precedence asc, ordered_on desc nulls last, order_key asc nulls last, channel asc nulls last
        ) as place
    from found
),

causes as (
    select
        differing.customer_id,
        differing.reported_points,
        differing.ledger_points,
        differing.ledger_difference,
        differing.other_points,
        coalesce(without_movement.unmoved_points, 0) as unmoved_points,
        remainders.unexplained_points,
        case
            when remainders.unexplained_points <> 0 then likeliest.order_key
            when without_movement.unmoved_order_count = 1 then without_movement.order_key
        end as order_key,
        case
            when remainders.unexplained_points <> 0 then likeliest.channel
            when without_movement.unmoved_order_count = 1 then without_movement.channel
        end as channel,
        case
            when remainders.unexplained_points = 0 and without_movement.customer_id is null then 'movements'
            when remainders.unexplained_points = 0 then 'orders_without_movement'
            when likeliest.precedence = 1 then 'order_missing'
            when likeliest.precedence = 2 then 'order_doubled'
            when likeliest.precedence = 3 then 'refund_not_taken_back'
            when likeliest.precedence = 4 then 'return_taken_back'
            when likeliest.precedence = 5 then 'channel_missing'
            when likeliest.precedence = 6 then 'one_channel_only'
            when likeliest.precedence = 7 then 'before_registration'
            when likeliest.precedence = 8 then 'refunds_cut'
            when likeliest.precedence = 9 then 'fractions_counted'
            when likeliest.precedence = 10 then 'rounded'
            else 'unexplained'
        end as probable_cause
    from differing
    inner join remainders on differing.customer_id = remainders.customer_id
    left join without_movement on differing.customer_id = without_movement.customer_id
    left join likeliest on differing.customer_id = likeliest.customer_id and likeliest.place = 1
)

select
    causes.customer_id,
    causes.reported_points,
    causes.ledger_points,
    causes.ledger_difference,
    causes.other_points,
    causes.unmoved_points,
    causes.unexplained_points,
    causes.probable_cause,
    causes.order_key,
    causes.channel,
    replace(
        replace(
            replace(
                replace(
                    replace(cause_words.explanation, '{order}', coalesce(causes.order_key, '')),
                    '{channel}',
                    coalesce(causes.channel, '')
                ),
                '{points}',
                cast(cast(abs(causes.unexplained_points) as decimal(18, 0)) as varchar)
            ),
            '{unmoved}',
            cast(cast(causes.unmoved_points as decimal(18, 0)) as varchar)
        ),
        '{other}',
        cast(cast(causes.other_points as decimal(18, 0)) as varchar)
    ) as explanation
from causes
inner join cause_words on causes.probable_cause = cause_words.probable_cause
