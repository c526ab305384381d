-- One row per line of an order before returns are matched, money in the retailer's currency.
-- An order of which only the head is known has one line '0'. Each amount is exchanged and rounded once per line.
-- Reads: clean_order_heads, clean_order_lines, matched_refunds, order_totals, shared_amounts.
with
shares as (
    select
        order_key,
        line_id,
        max(case when amount_kind = 'list' then share_amount end) as list_amount,
        max(case when amount_kind = 'discount' then share_amount end) as discount_amount,
        max(case when amount_kind = 'paid' then share_amount end) as paid_amount,
        max(case when amount_kind = 'refund' then share_amount end) as refund_amount,
        max(case when amount_kind = 'shipping' then share_amount end) as shipping_amount,
        max(case when amount_kind = 'file_refund' then share_amount end) as file_refund_amount
    from shared_amounts
    group by order_key, line_id
),

line_refunds as (
    select
        order_key,
        line_id,
        sum(refund_amount) as refund_amount
    from matched_refunds
    where order_key is not null and line_id is not null
    group by order_key, line_id
),

-- null money: refund files name lines of the order only
order_refunds as (
    select
        order_key,
        sum(case when line_id is null then refund_amount end) as refund_amount
    from matched_refunds
    where order_key is not null
    group by order_key
),

told as (
    select
        source,
        order_id,
        line_id,
        sku,
        product_name,
        category,
        quantity,
        unit_price,
        line_kind,
        status as line_status,
        original_order_id,
        list_amount,
        discount_amount,
        paid_or_priced(paid_amount, quantity, unit_price, discount_amount) as paid_amount,
        refund_amount,
        shipping_amount
    from clean_order_lines
    union all
    -- a head without lines is a line of its own; its money comes from the order's totals
    select
        clean_order_heads.source,
        clean_order_heads.order_id,
        '0' as line_id,
        clean_order_heads.sku,
        clean_order_heads.product_name,
        clean_order_heads.category,
        clean_order_heads.quantity,
        clean_order_heads.unit_price,
        clean_order_heads.line_kind,
        clean_order_heads.status as line_status,
        clean_order_heads.original_order_id,
        null as list_amount,
        null as discount_amount,
        null as paid_amount,
        null as refund_amount,
        null as shipping_amount
    from clean_order_heads
    inner join order_totals
        on clean_order_heads.source = order_totals.source and clean_order_heads.order_id = order_totals.order_id
    where order_totals.told_line_count = 0
),

-- what the line is worth in the currency of the export: its share of the order's money, else its own
valued as (
    select
        order_totals.order_key,
        told.line_id,
        order_totals.order_barred_because,
        order_totals.has_head,
        order_totals.has_line_refunds,
        order_totals.told_line_count,
        order_totals.rate,
        coalesce(told.line_kind, 'goods') as line_kind,
        told.line_status,
        coalesce(told.line_status = 'cancelled' and order_totals.live_line_count > 0, false) as is_dead,
        coalesce(told.original_order_id, order_totals.original_order_id) as original_order_id,
        told.sku,
        told.product_name,
        told.category,
        told.quantity,
        told.unit_price,
        case
            when order_totals.has_head and order_totals.told_line_count <= 1
                then coalesce(order_totals.list_amount, told.list_amount)
            else coalesce(shares.list_amount, told.list_amount)
        end as list_amount,
        case
            when order_totals.has_head and order_totals.told_line_count <= 1
                then coalesce(order_totals.discount_amount, told.discount_amount)
            else coalesce(shares.discount_amount, told.discount_amount)
        end as discount_amount,
        case
            when order_totals.has_head and order_totals.told_line_count <= 1 then order_totals.paid_amount
            when order_totals.has_head and told.line_status = 'cancelled' and order_totals.live_line_count > 0 then 0
            else coalesce(shares.paid_amount, told.paid_amount, 0)
        end as paid_amount,
        case
            when order_totals.has_head and order_totals.told_line_count <= 1 then order_totals.refund_amount
            when shares.refund_amount is not null then shares.refund_amount
            when told.refund_amount is null and told.line_status = 'refunded' then told.paid_amount
            else told.refund_amount
        end as refund_amount,
        case
            when order_totals.has_head and order_totals.told_line_count <= 1
                then coalesce(order_totals.shipping_amount, told.shipping_amount)
            else coalesce(shares.shipping_amount, told.shipping_amount)
        end as shipping_amount,
        shares.file_refund_amount as shared_refund_amount
    from told
    inner join order_totals on told.source = order_totals.source and told.order_id = order_totals.order_id
    left join shares on order_totals.order_key = shares.order_key and told.line_id = shares.line_id
),

-- what refund files tell replaces the report's figure: of the line they name; of the whole order where they name
-- no line, or where the report itself tells only the order's
judged as (
    select
        valued.*,
        valued.line_kind <> 'adjustment'
        and (valued.paid_amount < 0 or coalesce(valued.quantity < 0, false)) as is_return,
        case
            when
                line_refunds.refund_amount is not null
                or order_refunds.refund_amount is not null
                or (order_refunds.order_key is not null and not valued.has_line_refunds)
                then
                    coalesce(line_refunds.refund_amount, 0)
                    + case
                        when valued.told_line_count <= 1 then coalesce(order_refunds.refund_amount, 0)
                        else coalesce(valued.shared_refund_amount, 0)
                    end
        end as file_refund_amount
    from valued
    left join order_refunds on valued.order_key = order_refunds.order_key
    left join line_refunds on valued.order_key = line_refunds.order_key and valued.line_id = line_refunds.line_id
),

exchanged as (
    select
        judged.*,
        exchanged(judged.list_amount, judged.rate) as own_list_amount,
        exchanged(judged.discount_amount, judged.rate) as own_discount_amount,
        exchanged(judged.shipping_amount, judged.rate) as own_shipping_amount,
        exchanged(judged.paid_amount, judged.rate) as own_paid_amount,
        -- a return is the refund: a figure beside it would tell it twice
        case when not judged.is_return then exchanged(judged.refund_amount, judged.rate) end as export_refund_amount
    from judged
)

select
    order_key,
    line_id,
    case
        when line_kind = 'adjustment' then 'adjustment'
        when is_dead then 'cancelled'
        when not has_head and order_barred_because is null and line_status = 'created' then 'unpaid'
        when not has_head and order_barred_because is null and line_status = 'trial' then 'trial'
        when is_return then 'return'
    end as line_barred_because,
    line_kind,
    is_return,
    original_order_id,
    sku,
    product_name,
    category,
    quantity,
    unit_price,
    own_list_amount as list_amount,
    own_discount_amount as discount_amount,
    case when is_return then -abs(own_paid_amount) else own_paid_amount end as paid_amount,
    coalesce(file_refund_amount, export_refund_amount, 0) as refund_amount,
    own_shipping_amount as shipping_amount,
    export_refund_amount,
    file_refund_amount,
    paid_amount as original_paid_amount
from exchanged
