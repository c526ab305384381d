-- One row per refund event, on its own day. The netted ones of an order add up to the refund_amount of its lines.
-- A reason is told where so many orders have the same words: one that somebody typed may name a person.
-- Reads: customer_profiles, matched_refunds, order_line_amounts, order_totals, returns_matched.
with
usual_reasons as (
    select reason
    from matched_refunds
    where reason is not null
    group by reason
    having count(distinct source || ':' || order_id) >= $small_cell
),

events as (
    -- a refund file that names no known order keeps its order number under the name of its own source
    select
        coalesce(order_key, source || ':' || order_id) as order_key,
        source || ':' || row_key as refund_id,
        line_id,
        source,
        refunded_on,
        refund_amount,
        reason,
        'refund_file' as refund_origin,
        order_key is not null as is_netted,
        unmatched_because
    from matched_refunds
    union all
    select
        order_key,
        'report:' || line_id as refund_id,
        line_id,
        null as source,
        null as refunded_on,
        export_refund_amount as refund_amount,
        null as reason,
        'order_report' as refund_origin,
        true as is_netted,
        null as unmatched_because
    from order_line_amounts
    where file_refund_amount is null and export_refund_amount <> 0
    union all
    select
        returns_matched.original_order_key as order_key,
        'return:' || returns_matched.order_key || ':' || returns_matched.line_id as refund_id,
        returns_matched.original_line_id as line_id,
        order_totals.source,
        order_totals.ordered_on as refunded_on,
        returns_matched.returned_amount as refund_amount,
        null as reason,
        'return_slip' as refund_origin,
        true as is_netted,
        null as unmatched_because
    from returns_matched
    inner join order_totals on returns_matched.order_key = order_totals.order_key
    union all
    select
        order_line_amounts.order_key,
        'return:' || order_line_amounts.order_key || ':' || order_line_amounts.line_id as refund_id,
        order_line_amounts.line_id,
        order_totals.source,
        order_totals.ordered_on as refunded_on,
        -order_line_amounts.paid_amount as refund_amount,
        null as reason,
        'return_slip' as refund_origin,
        false as is_netted,
        'no_original' as unmatched_because
    from order_line_amounts
    inner join order_totals on order_line_amounts.order_key = order_totals.order_key
    left join returns_matched
        on
            order_line_amounts.order_key = returns_matched.order_key
            and order_line_amounts.line_id = returns_matched.line_id
    where
        order_line_amounts.is_return
        and order_line_amounts.line_barred_because = 'return'
        and order_totals.order_barred_because is null
        and returns_matched.order_key is null
)

select
    events.order_key,
    events.refund_id,
    events.line_id,
    coalesce(events.source, order_totals.source) as source,
    customer_profiles.customer_id,
    events.refunded_on,
    events.refund_amount,
    usual_reasons.reason,
    events.refund_origin,
    events.is_netted,
    events.unmatched_because
from events
left join order_totals on events.order_key = order_totals.order_key
left join customer_profiles
    on order_totals.source = customer_profiles.source and order_totals.profile_key = customer_profiles.profile_key
left join usual_reasons on events.reason = usual_reasons.reason
