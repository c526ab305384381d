-- One row per line and kind of money whose order has a total of its own: the line's share of it.
-- Largest remainder: every line gets the whole fen of its exact share, and the fen left over go one each to the
-- largest fractions, ties to the least line_id. Weights: what the line itself tells of that kind, else what was
-- paid for it, else quantity times price, else all lines alike. Cancelled lines get nothing where others live.
-- file_refund is in the retailer's currency, all else in that of the export. Orders of one line need no sharing.
-- Reads: clean_order_lines, matched_refunds, order_totals.
with
file_totals as (
    select
        order_key,
        sum(refund_amount) as file_refund_amount
    from matched_refunds
    where order_key is not null and line_id is null
    group by order_key
),

lines as (
    select
        order_totals.order_key,
        clean_order_lines.line_id,
        clean_order_lines.status = 'cancelled' and order_totals.live_line_count > 0 as is_dead,
        order_totals.has_head,
        clean_order_lines.list_amount,
        clean_order_lines.discount_amount,
        paid_or_priced(
            clean_order_lines.paid_amount,
            clean_order_lines.quantity,
            clean_order_lines.unit_price,
            clean_order_lines.discount_amount
        ) as paid_amount,
        rounded_product(clean_order_lines.quantity, clean_order_lines.unit_price) as gross_amount,
        clean_order_lines.refund_amount,
        clean_order_lines.shipping_amount,
        order_totals.list_amount as list_total,
        order_totals.discount_amount as discount_total,
        order_totals.paid_amount as paid_total,
        order_totals.refund_amount as refund_total,
        order_totals.shipping_amount as shipping_total,
        file_totals.file_refund_amount as file_refund_total
    from order_totals
    inner join clean_order_lines
        on order_totals.source = clean_order_lines.source and order_totals.order_id = clean_order_lines.order_id
    left join file_totals on order_totals.order_key = file_totals.order_key
    where
        order_totals.told_line_count > 1
        and (order_totals.has_head or file_totals.file_refund_amount is not null)
),

kinds as (
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'paid' as amount_kind,
        paid_total as total_amount,
        paid_amount as own_amount
    from lines
    where has_head
    union all
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'list' as amount_kind,
        list_total as total_amount,
        list_amount as own_amount
    from lines
    where has_head and list_total is not null
    union all
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'discount' as amount_kind,
        discount_total as total_amount,
        discount_amount as own_amount
    from lines
    where has_head and discount_total is not null
    union all
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'refund' as amount_kind,
        refund_total as total_amount,
        refund_amount as own_amount
    from lines
    where has_head and refund_total is not null
    union all
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'shipping' as amount_kind,
        shipping_total as total_amount,
        shipping_amount as own_amount
    from lines
    where has_head and shipping_total is not null
    union all
    select
        order_key,
        line_id,
        is_dead,
        paid_amount,
        gross_amount,
        'file_refund' as amount_kind,
        file_refund_total as total_amount,
        null as own_amount
    from lines
    where file_refund_total is not null
),

sums as (
    select
        order_key,
        amount_kind,
        coalesce(sum(own_amount) filter (where not is_dead), 0) as own_sum,
        coalesce(sum(paid_amount) filter (where not is_dead), 0) as paid_sum,
        count(*) filter (where paid_amount is null and not is_dead) as unpaid_count,
        coalesce(sum(gross_amount) filter (where not is_dead), 0) as gross_sum,
        count(*) filter (where gross_amount is null and not is_dead) as priceless_count
    from kinds
    group by order_key, amount_kind
),

-- where the lines already add up to the order, each keeps what it tells
weighted as (
    select
        kinds.order_key,
        kinds.line_id,
        kinds.amount_kind,
        kinds.total_amount,
        case
            when kinds.is_dead then 0
            when kinds.amount_kind <> 'paid' and sums.own_sum > 0 then greatest(coalesce(kinds.own_amount, 0), 0)
            when kinds.amount_kind = 'paid' and sums.unpaid_count = 0 and sums.paid_sum <> 0 then kinds.paid_amount
            when sums.unpaid_count = 0 and sums.paid_sum > 0 then greatest(kinds.paid_amount, 0)
            when sums.priceless_count = 0 and sums.gross_sum > 0 then greatest(kinds.gross_amount, 0)
            else 0.01
        end as weight
    from kinds
    inner join sums
        on kinds.order_key = sums.order_key and kinds.amount_kind = sums.amount_kind
    where kinds.total_amount <> sums.own_sum or kinds.amount_kind = 'file_refund'
),

-- whole fen from here on, and all signs turned so that the sum of the weights and the total are not negative
signs as (
    select
        order_key,
        line_id,
        amount_kind,
        sign(total_amount) as total_sign,
        cast(abs(total_amount) * 100 as hugeint) as total_fen,
        cast(weight * 100 as hugeint) * sign(sum(weight) over (partition by order_key, amount_kind)) as weight_fen
    from weighted
),

exact as (
    select
        order_key,
        line_id,
        amount_kind,
        total_sign,
        total_fen,
        total_fen * cast(weight_fen as hugeint) as dividend,
        cast(sum(weight_fen) over (partition by order_key, amount_kind) as hugeint) as divisor
    from signs
),

wholes as (
    select
        order_key,
        line_id,
        amount_kind,
        total_sign,
        total_fen,
        ((dividend % divisor) + divisor) % divisor as fraction,
        (dividend - ((dividend % divisor) + divisor) % divisor) // divisor as whole_fen
    from exact
),

placed as (
    select
        order_key,
        line_id,
        amount_kind,
        total_sign,
        whole_fen,
        total_fen - sum(whole_fen) over (partition by order_key, amount_kind) as left_over_fen,
        row_number() over (
            partition by order_key, amount_kind
            order by fraction desc, line_id asc
        ) as place
    from wholes
)

select
    order_key,
    line_id,
    amount_kind,
    cast(
        total_sign * (whole_fen + case when place <= left_over_fen then 1 else 0 end) as decimal(18, 0)
    ) * 0.01 as share_amount
from placed
