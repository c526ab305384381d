-- One row per order or return slip: the sums of the lines that count in it; where none counts, of all its lines.
-- Reads: customer_profiles, order_line_amounts, order_totals, returns_matched.
with
given_back as (
    select
        original_order_key as order_key,
        original_line_id as line_id,
        sum(returned_amount) as returned_amount
    from returns_matched
    group by original_order_key, original_line_id
),

lines as (
    select
        order_line_amounts.order_key,
        order_line_amounts.line_barred_because,
        order_line_amounts.is_return,
        returns_matched.original_order_key,
        case when order_line_amounts.line_kind = 'goods' then order_line_amounts.quantity end as quantity,
        order_line_amounts.list_amount,
        order_line_amounts.discount_amount,
        case when returns_matched.order_key is null then order_line_amounts.paid_amount else 0 end as paid_amount,
        order_line_amounts.refund_amount + coalesce(given_back.returned_amount, 0) as refund_amount,
        order_line_amounts.shipping_amount,
        order_line_amounts.original_paid_amount
    from order_line_amounts
    left join returns_matched
        on
            order_line_amounts.order_key = returns_matched.order_key
            and order_line_amounts.line_id = returns_matched.line_id
    left join given_back
        on
            order_line_amounts.order_key = given_back.order_key
            and order_line_amounts.line_id = given_back.line_id
),

counted as (
    select
        order_key,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(paid_amount) as paid_amount,
        sum(refund_amount) as refund_amount,
        sum(shipping_amount) as shipping_amount,
        sum(original_paid_amount) as original_paid_amount
    from lines
    where line_barred_because is null
    group by order_key
),

barred as (
    select
        order_key,
        count(*) as line_count,
        count(*) filter (where is_return) as return_count,
        min(line_barred_because) filter (where not is_return) as barred_because,
        min(original_order_key) as original_order_key,
        sum(quantity) as quantity,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(paid_amount) as paid_amount,
        sum(refund_amount) as refund_amount,
        sum(shipping_amount) as shipping_amount,
        sum(original_paid_amount) as original_paid_amount
    from lines
    where line_barred_because is not null
    group by order_key
),

-- the sums of the lines that count, or of all lines where none does
summed as (
    select
        order_totals.*,
        customer_profiles.customer_id,
        counted.order_key is not null as has_trade,
        coalesce(barred.return_count, 0) > 0 as has_return,
        barred.barred_because,
        barred.original_order_key,
        coalesce(counted.line_count, 0) + coalesce(barred.line_count, 0) as line_count,
        case when counted.order_key is null then barred.quantity else counted.quantity end as quantity,
        case when counted.order_key is null then barred.list_amount else counted.list_amount end as lines_list_amount,
        case when counted.order_key is null then barred.discount_amount else counted.discount_amount end
            as lines_discount_amount,
        case when counted.order_key is null then barred.paid_amount else counted.paid_amount end as lines_paid_amount,
        case when counted.order_key is null then barred.refund_amount else counted.refund_amount end
            as lines_refund_amount,
        case when counted.order_key is null then barred.shipping_amount else counted.shipping_amount end
            as lines_shipping_amount,
        case when counted.order_key is null then 0 else coalesce(barred.paid_amount - barred.refund_amount, 0) end
            as uncounted_amount,
        coalesce(counted.original_paid_amount, 0) + coalesce(barred.original_paid_amount, 0) as original_paid_amount
    from order_totals
    left join counted on order_totals.order_key = counted.order_key
    left join barred on order_totals.order_key = barred.order_key
    left join customer_profiles
        on order_totals.source = customer_profiles.source and order_totals.profile_key = customer_profiles.profile_key
),

judged as (
    select
        summed.*,
        summed.lines_paid_amount - summed.lines_refund_amount as net_amount,
        not summed.has_trade and summed.has_return as is_return,
        case
            when summed.order_barred_because is not null then summed.order_barred_because
            when not summed.has_trade and summed.has_return then 'return'
            when not summed.has_trade then summed.barred_because
            when summed.lines_paid_amount - summed.lines_refund_amount > 0 then null
            when summed.lines_refund_amount > 0 then 'fully_returned'
            else 'free'
        end as excluded_because
    from summed
)

select
    order_key,
    source,
    order_id,
    channel,
    store_id,
    customer_id,
    ordered_at,
    ordered_on,
    status,
    excluded_because is null as is_purchase,
    excluded_because,
    is_return,
    original_order_key,
    quantity,
    line_count,
    lines_list_amount as list_amount,
    lines_discount_amount as discount_amount,
    lines_paid_amount as paid_amount,
    lines_refund_amount as refund_amount,
    net_amount,
    uncounted_amount,
    lines_shipping_amount as shipping_amount,
    exchanged(settled_amount, rate) as settled_amount,
    currency,
    original_paid_amount,
    campaign_id,
    coupon_code,
    is_gift,
    province,
    city
from judged
