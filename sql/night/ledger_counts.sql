-- One row per table of the ledger of trade and source, in the shape of row_counts: what went in and what came out.
-- orders, order_lines: rows and printed money of the exports against the table, in the currency of the export.
-- purchases: orders that count against those that do not; order_returns: found their original or not; refunds: those
-- of refund files, netted on an order or not. `rejected` are those that do not count, did not find or are not netted.
-- Reads: clean_order_heads, clean_order_lines, clean_refunds, matched_refunds, order_line_amounts, order_lines,
-- order_totals, orders, returns_matched.
with
head_orders as (
    select distinct
        source,
        order_id
    from clean_order_heads
),

-- a head's money is authoritative; lines speak where there is no head
headless_lines as (
    select
        clean_order_lines.source,
        clean_order_lines.order_id,
        coalesce(
            clean_order_lines.paid_amount,
            round(clean_order_lines.quantity * clean_order_lines.unit_price, 2)
            - coalesce(clean_order_lines.discount_amount, 0),
            0
        ) as amount,
        head_orders.order_id is null as is_headless
    from clean_order_lines
    left join head_orders
        on clean_order_lines.source = head_orders.source and clean_order_lines.order_id = head_orders.order_id
),

line_orders as (
    select
        source,
        order_id,
        count(*) as line_count,
        sum(amount) filter (where is_headless) as amount
    from headless_lines
    group by source, order_id
),

told_heads as (
    select
        clean_order_heads.source,
        clean_order_heads.order_id,
        coalesce(
            clean_order_heads.paid_amount,
            round(clean_order_heads.quantity * clean_order_heads.unit_price, 2)
            - coalesce(clean_order_heads.discount_amount, 0)
        ) as amount
    from clean_order_heads
),

silent_head_lines as (
    select
        told_heads.source,
        told_heads.order_id,
        sum(headless_lines.amount) as amount
    from told_heads
    inner join headless_lines
        on told_heads.source = headless_lines.source and told_heads.order_id = headless_lines.order_id
    where told_heads.amount is null
    group by told_heads.source, told_heads.order_id
),

told_orders as (
    select
        coalesce(told_heads.source, line_orders.source) as source,
        coalesce(line_orders.line_count, 1) as line_count,
        case
            when told_heads.order_id is null then line_orders.amount
            else coalesce(told_heads.amount, silent_head_lines.amount, 0)
        end as amount
    from line_orders
    full join told_heads
        on line_orders.source = told_heads.source and line_orders.order_id = told_heads.order_id
    left join silent_head_lines
        on told_heads.source = silent_head_lines.source and told_heads.order_id = silent_head_lines.order_id
),

told as (
    select
        source,
        count(*) as order_count,
        sum(line_count) as line_count,
        sum(amount) as amount
    from told_orders
    group by source
),

order_sums as (
    select
        source,
        count(*) as rows,
        sum(original_paid_amount) as amount,
        count(*) filter (where is_purchase) as purchase_rows,
        coalesce(sum(net_amount) filter (where is_purchase), 0) as purchase_amount,
        count(*) filter (where not is_purchase) as other_rows,
        coalesce(sum(net_amount) filter (where not is_purchase), 0) + sum(uncounted_amount) as other_amount
    from orders
    group by source
),

line_sums as (
    select
        source,
        count(*) as rows,
        sum(original_paid_amount) as amount,
        sum(net_amount) as net_amount
    from order_lines
    group by source
),

-- what came back, and what became of it
return_lines as (
    select
        order_totals.source,
        order_line_amounts.paid_amount,
        returns_matched.order_key is not null as is_found
    from order_line_amounts
    inner join order_totals on order_line_amounts.order_key = order_totals.order_key
    left join returns_matched
        on
            order_line_amounts.order_key = returns_matched.order_key
            and order_line_amounts.line_id = returns_matched.line_id
    where order_line_amounts.line_barred_because = 'return' and order_totals.order_barred_because is null
),

told_refunds as (
    select
        source,
        count(*) as file_rows,
        count(*) filter (where refund_status = 'success') as raw_rows,
        count(*) filter (where refund_status <> 'success') as ignored_rows,
        coalesce(sum(amount) filter (where refund_status = 'success'), 0) as raw_amount,
        coalesce(sum(amount) filter (where refund_status <> 'success'), 0) as ignored_amount
    from clean_refunds
    group by source
),

refund_sums as (
    select
        source,
        count(*) filter (where order_key is not null) as clean_rows,
        count(*) filter (where order_key is null) as rejected_rows,
        coalesce(sum(amount) filter (where order_key is not null), 0) as clean_amount,
        coalesce(sum(amount) filter (where order_key is null), 0) as rejected_amount
    from matched_refunds
    group by source
),

counted as (
    select
        'orders' as table_name,
        told.source,
        told.order_count as file_rows,
        told.order_count as raw_rows,
        coalesce(order_sums.rows, 0) as clean_rows,
        0 as rejected_rows,
        0 as ignored_rows,
        told.amount as raw_amount,
        coalesce(order_sums.amount, 0) as clean_amount,
        0 as rejected_amount,
        0 as ignored_amount
    from told
    left join order_sums on told.source = order_sums.source
    union all
    select
        'order_lines' as table_name,
        told.source,
        told.line_count as file_rows,
        told.line_count as raw_rows,
        coalesce(line_sums.rows, 0) as clean_rows,
        0 as rejected_rows,
        0 as ignored_rows,
        told.amount as raw_amount,
        coalesce(line_sums.amount, 0) as clean_amount,
        0 as rejected_amount,
        0 as ignored_amount
    from told
    left join line_sums on told.source = line_sums.source
    union all
    select
        'purchases' as table_name,
        order_sums.source,
        order_sums.rows as file_rows,
        order_sums.rows as raw_rows,
        order_sums.purchase_rows as clean_rows,
        order_sums.other_rows as rejected_rows,
        0 as ignored_rows,
        line_sums.net_amount as raw_amount,
        order_sums.purchase_amount as clean_amount,
        order_sums.other_amount as rejected_amount,
        0 as ignored_amount
    from order_sums
    inner join line_sums on order_sums.source = line_sums.source
    union all
    select
        'order_returns' as table_name,
        source,
        count(*) as file_rows,
        count(*) as raw_rows,
        count(*) filter (where is_found) as clean_rows,
        count(*) filter (where not is_found) as rejected_rows,
        0 as ignored_rows,
        sum(paid_amount) as raw_amount,
        coalesce(sum(paid_amount) filter (where is_found), 0) as clean_amount,
        coalesce(sum(paid_amount) filter (where not is_found), 0) as rejected_amount,
        0 as ignored_amount
    from return_lines
    group by source
    union all
    select
        'refunds' as table_name,
        told_refunds.source,
        told_refunds.file_rows,
        told_refunds.raw_rows,
        coalesce(refund_sums.clean_rows, 0) as clean_rows,
        coalesce(refund_sums.rejected_rows, 0) as rejected_rows,
        told_refunds.ignored_rows,
        told_refunds.raw_amount,
        coalesce(refund_sums.clean_amount, 0) as clean_amount,
        coalesce(refund_sums.rejected_amount, 0) as rejected_amount,
        told_refunds.ignored_amount
    from told_refunds
    left join refund_sums on told_refunds.source = refund_sums.source
)

select
    cast($as_of as date) as as_of,
    table_name,
    source,
    raw_rows,
    clean_rows,
    rejected_rows,
    0 as duplicate_rows,
    0 as control_rows,
    ignored_rows,
    0 as later_rows,
    file_rows,
    raw_amount,
    clean_amount,
    rejected_amount,
    0 as duplicate_amount,
    ignored_amount,
    0 as later_amount
from counted
