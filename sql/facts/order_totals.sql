-- One row per order: what its head and its lines together say, money in the currency of the export.
-- The head's word counts; where it is silent, the least value of the lines, and the sum of their money.
-- Reads: clean_order_heads, clean_order_lines, clean_stores, exchange_rates, excluded_remarks, test_stores.
with
told_lines as (
    select
        source,
        order_id,
        channel,
        store_id,
        profile_key,
        ordered_at,
        paid_at,
        case status
            when 'cancelled' then 0
            when 'refunded' then 1
            when 'trial' then 2
            when 'created' then 3
            when 'paid' then 4
            when 'shipped' then 5
            when 'completed' then 6
        end as progress,
        status,
        currency,
        list_amount,
        discount_amount,
        refund_amount,
        settled_amount,
        shipping_amount,
        paid_or_priced(paid_amount, quantity, unit_price, discount_amount) as paid_amount,
        (quantity < 0 or paid_amount < 0) and coalesce(line_kind <> 'adjustment', true) as is_return,
        original_order_id,
        campaign_id,
        coupon_code,
        is_gift,
        province,
        city
    from clean_order_lines
),

line_sums as (
    select
        source,
        order_id,
        count(*) as told_line_count,
        count(*) filter (where status is distinct from 'cancelled') as live_line_count,
        min(channel) as channel,
        min(store_id) as store_id,
        min(profile_key) as profile_key,
        min(ordered_at) as ordered_at,
        min(paid_at) as paid_at,
        max(progress) as progress,
        min(currency) as currency,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(paid_amount) as paid_amount,
        max(abs(paid_amount)) as largest_amount,
        -- a return line is the refund: a figure beside it would tell it twice
        sum(
            case
                when is_return then null
                when refund_amount is null and status = 'refunded' then paid_amount
                else refund_amount
            end
        ) as refund_amount,
        sum(settled_amount) as settled_amount,
        sum(shipping_amount) as shipping_amount,
        min(original_order_id) as original_order_id,
        min(campaign_id) as campaign_id,
        min(coupon_code) as coupon_code,
        max(cast(is_gift as integer)) as gift_mark,
        min(province) as province,
        min(city) as city
    from told_lines
    group by source, order_id
),

heads as (
    select
        source,
        order_id,
        channel,
        store_id,
        profile_key,
        ordered_at,
        paid_at,
        status,
        currency,
        list_amount,
        discount_amount,
        paid_or_priced(paid_amount, quantity, unit_price, discount_amount) as paid_amount,
        case when paid_amount < 0 or quantity < 0 then null else refund_amount end as refund_amount,
        settled_amount,
        shipping_amount,
        original_order_id,
        campaign_id,
        coupon_code,
        is_gift,
        province,
        city
    from clean_order_heads
),

orders_told as (
    select
        coalesce(heads.source, line_sums.source) as source,
        coalesce(heads.order_id, line_sums.order_id) as order_id,
        coalesce(heads.channel, line_sums.channel) as channel,
        coalesce(heads.store_id, line_sums.store_id) as store_id,
        coalesce(heads.profile_key, line_sums.profile_key) as profile_key,
        coalesce(heads.ordered_at, line_sums.ordered_at) as ordered_at,
        coalesce(heads.paid_at, line_sums.paid_at) as paid_at,
        -- of lines: the most advanced; cancelled or refunded only where no other line is further
        coalesce(
            heads.status,
            case line_sums.progress
                when 0 then 'cancelled'
                when 1 then 'refunded'
                when 2 then 'trial'
                when 3 then 'created'
                when 4 then 'paid'
                when 5 then 'shipped'
                when 6 then 'completed'
            end
        ) as status,
        coalesce(heads.original_order_id, line_sums.original_order_id) as original_order_id,
        heads.order_id is not null as has_head,
        coalesce(line_sums.told_line_count, 0) as told_line_count,
        coalesce(line_sums.live_line_count, 0) as live_line_count,
        coalesce(line_sums.refund_amount, 0) > 0 as has_line_refunds,
        coalesce(heads.currency, line_sums.currency) as currency,
        coalesce(heads.list_amount, line_sums.list_amount) as list_amount,
        coalesce(heads.discount_amount, line_sums.discount_amount) as discount_amount,
        coalesce(heads.paid_amount, line_sums.paid_amount, 0) as paid_amount,
        coalesce(heads.refund_amount, line_sums.refund_amount) as refund_amount,
        coalesce(heads.settled_amount, line_sums.settled_amount) as settled_amount,
        coalesce(heads.shipping_amount, line_sums.shipping_amount) as shipping_amount,
        coalesce(heads.paid_amount, 0) <> 0 or coalesce(line_sums.largest_amount, 0) > 0 as has_money,
        coalesce(heads.campaign_id, line_sums.campaign_id) as campaign_id,
        coalesce(heads.coupon_code, line_sums.coupon_code) as coupon_code,
        coalesce(heads.is_gift, line_sums.gift_mark = 1) as is_gift,
        coalesce(heads.province, line_sums.province) as province,
        coalesce(heads.city, line_sums.city) as city
    from line_sums
    full join heads
        on line_sums.source = heads.source and line_sums.order_id = heads.order_id
),

remarks as (
    select
        source,
        order_id,
        remark
    from clean_order_heads
    where remark is not null
    union all
    select
        source,
        order_id,
        remark
    from clean_order_lines
    where remark is not null
),

fictitious_orders as (
    select distinct
        remarks.source,
        remarks.order_id
    from remarks
    inner join excluded_remarks
        on substring(remarks.remark, 1, length(excluded_remarks.beginning)) = excluded_remarks.beginning
),

closed_stores as (
    select store_id from test_stores
    union
    select store_id from clean_stores
    where is_test
),

days as (
    select distinct
        currency,
        cast(ordered_at as date) as ordered_on
    from orders_told
),

day_rates as (
    select
        days.currency,
        days.ordered_on,
        exchange_rates.rate
    from days
    inner join exchange_rates
        on
            days.currency = exchange_rates.currency
            and days.ordered_on >= exchange_rates.held_from_on
            and days.ordered_on < exchange_rates.held_until_on
)

select
    orders_told.source || ':' || orders_told.order_id as order_key,
    orders_told.source,
    orders_told.order_id,
    orders_told.channel,
    orders_told.store_id,
    orders_told.profile_key,
    orders_told.ordered_at,
    cast(orders_told.ordered_at as date) as ordered_on,
    orders_told.paid_at,
    orders_told.status,
    case
        when orders_told.status in ('cancelled', 'trial') then orders_told.status
        when orders_told.status = 'created' then 'unpaid'
        when orders_told.status is null and orders_told.paid_at is null and not orders_told.has_money then 'unpaid'
        when closed_stores.store_id is not null then 'test_store'
        when fictitious_orders.order_id is not null then 'fictitious'
    end as order_barred_because,
    orders_told.original_order_id,
    orders_told.has_head,
    orders_told.told_line_count,
    orders_told.live_line_count,
    orders_told.has_line_refunds,
    orders_told.currency,
    day_rates.rate,
    orders_told.list_amount,
    orders_told.discount_amount,
    orders_told.paid_amount,
    -- an order that is refunded, and nobody says how much: all of it
    case
        when orders_told.refund_amount is null and orders_told.status = 'refunded' and orders_told.paid_amount > 0
            then orders_told.paid_amount
        else orders_told.refund_amount
    end as refund_amount,
    orders_told.settled_amount,
    orders_told.shipping_amount,
    orders_told.campaign_id,
    orders_told.coupon_code,
    orders_told.is_gift,
    orders_told.province,
    orders_told.city
from orders_told
left join closed_stores on orders_told.store_id = closed_stores.store_id
left join fictitious_orders
    on orders_told.source = fictitious_orders.source and orders_told.order_id = fictitious_orders.order_id
left join day_rates
    on orders_told.currency = day_rates.currency and cast(orders_told.ordered_at as date) = day_rates.ordered_on
