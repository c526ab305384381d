-- One row per customer with a paid or unpaid order in the window or the last 12 months: where, when and how they buy.
-- Midnight sharp is no time of day: exports that tell only days write it. Saturday is a multiple of 7 days after
-- Saturday, 6 January 1990.
-- Reads: orders, store_channels (word).
with told as (
    select
        customer_id,
        channel,
        channel in (select store_channels.word from store_channels) as is_in_store,
        ordered_on,
        ordered_at <> cast(ordered_on as timestamp) as has_time,
        hour(ordered_at) as hour_of_day,
        date_diff('day', cast('1990-01-06' as date), ordered_on) % 7 in (0, 1) as is_weekend,
        is_purchase,
        excluded_because,
        net_amount,
        refund_amount > 0 as has_refund,
        coalesce(is_gift, false) as is_gift,
        coalesce(coupon_code, '') <> '' as has_coupon,
        ordered_on > cast($year_before as date) as is_of_year,
        date_diff('day', ordered_on, cast($as_of as date)) as age_days
    from orders
    where
        customer_id is not null
        and ordered_on <= cast($as_of as date)
        and (is_purchase or excluded_because in ('fully_returned', 'unpaid'))
        and (
            ordered_on > cast($year_before as date)
            or date_diff('day', ordered_on, cast($as_of as date)) < $window_days
        )
),

judged as (
    select
        *,
        is_purchase and age_days < $window_days as is_habit,
        coalesce(excluded_because, '') <> 'unpaid' and age_days < $window_days as is_paid,
        has_time
        and (
            (
                $night_from_hour > $night_until_hour
                and (hour_of_day >= $night_from_hour or hour_of_day < $night_until_hour)
            )
            or (hour_of_day >= $night_from_hour and hour_of_day < $night_until_hour)
        ) as is_night
    from told
),

sums as (
    select
        customer_id,
        count(*) filter (where is_habit) as habit_order_count,
        count(distinct case when is_habit then channel end) as habit_channel_count,
        count(*) filter (where is_habit and is_in_store) as store_order_count,
        count(*) filter (where is_habit and not is_in_store) as online_order_count,
        count(*) filter (where is_habit and is_gift) as gift_order_count,
        count(*) filter (where is_habit and has_coupon) as coupon_order_count,
        count(*) filter (where is_habit and has_time) as timed_order_count,
        count(*) filter (where is_habit and is_night) as night_order_count,
        count(*) filter (where is_habit and is_weekend) as weekend_order_count,
        count(*) filter (where is_paid) as paid_order_count,
        count(*) filter (where is_paid and has_refund) as returned_order_count,
        count(*) filter (where is_purchase and is_of_year) as year_order_count,
        sum(case when is_purchase and is_of_year then net_amount else 0 end) as year_spend_amount,
        cast(sum(case when is_habit then net_amount else 0 end) * 100 as bigint) as spend_fen,
        max(case when is_purchase then ordered_on end) as last_paid_on,
        max(case when excluded_because = 'unpaid' and age_days < $cart_days then ordered_on end) as last_unpaid_on
    from judged
    group by customer_id
)

select
    customer_id,
    habit_order_count,
    habit_channel_count,
    store_order_count,
    online_order_count,
    gift_order_count,
    coupon_order_count,
    timed_order_count,
    night_order_count,
    weekend_order_count,
    paid_order_count,
    returned_order_count,
    year_order_count,
    year_spend_amount,
    -- whole fen, halves up
    cast((2 * spend_fen + habit_order_count) // (2 * nullif(habit_order_count, 0)) as decimal(18, 0))
    * cast(0.01 as decimal(3, 2)) as average_order_amount,
    case when last_paid_on is null or last_unpaid_on > last_paid_on then last_unpaid_on end as last_unpaid_on
from sums
