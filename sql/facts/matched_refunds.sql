-- One row per successful refund of a refund file and the order, perhaps the line, that it belongs to.
-- A refund is exchanged at the rate of its order's day; one without an order at that of its own day.
-- Reads: clean_refunds, clean_order_lines, exchange_rates, order_scopes (source, order_source), order_totals.
with
successful as (
    select
        source,
        row_key,
        order_id,
        line_id,
        cast(refunded_at as date) as refunded_on,
        abs(refund_amount) as refund_amount,
        currency,
        reason,
        amount
    from clean_refunds
    where refund_status = 'success'
),

-- a slip that gives money back is no order that a refund could belong to
targets as (
    select
        successful.source,
        successful.row_key,
        count(*) as order_count,
        min(order_totals.order_key) as order_key
    from successful
    inner join order_scopes on successful.source = order_scopes.source
    inner join order_totals
        on order_scopes.order_source = order_totals.source and successful.order_id = order_totals.order_id
    where order_totals.paid_amount >= 0
    group by successful.source, successful.row_key
),

netted as (
    select
        targets.source,
        targets.row_key,
        order_totals.order_key,
        order_totals.source as order_source,
        order_totals.order_id,
        order_totals.ordered_on
    from targets
    inner join order_totals on targets.order_key = order_totals.order_key
    where targets.order_count = 1
),

named_lines as (
    select distinct
        clean_order_lines.source,
        clean_order_lines.order_id,
        clean_order_lines.line_id
    from clean_order_lines
    where (clean_order_lines.source, clean_order_lines.order_id) in (select (order_source, order_id) from netted)
),

placed as (
    select
        successful.source,
        successful.row_key,
        successful.order_id,
        netted.order_key,
        named_lines.line_id,
        successful.refunded_on,
        successful.refund_amount,
        successful.currency,
        coalesce(netted.ordered_on, successful.refunded_on) as rate_on,
        case
            when netted.order_key is not null then null
            when targets.order_count > 1 then 'ambiguous_order'
            else 'unknown_order'
        end as unmatched_because,
        successful.reason,
        successful.amount
    from successful
    left join targets
        on successful.source = targets.source and successful.row_key = targets.row_key
    left join netted
        on successful.source = netted.source and successful.row_key = netted.row_key
    left join named_lines
        on
            netted.order_source = named_lines.source
            and netted.order_id = named_lines.order_id
            and successful.line_id = named_lines.line_id
)

select
    placed.source,
    placed.row_key,
    placed.order_id,
    placed.order_key,
    placed.line_id,
    placed.refunded_on,
    exchanged(placed.refund_amount, exchange_rates.rate) as refund_amount,
    placed.currency,
    placed.rate_on,
    exchange_rates.rate,
    placed.unmatched_because,
    placed.reason,
    placed.amount
from placed
left join exchange_rates
    on
        placed.currency = exchange_rates.currency
        and placed.rate_on >= exchange_rates.held_from_on
        and placed.rate_on < exchange_rates.held_until_on
