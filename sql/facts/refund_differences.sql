-- One row per line whose order report tells another refund than the refund files, which count.
-- Reads: order_line_amounts, order_totals.
select
    order_line_amounts.order_key,
    order_line_amounts.line_id,
    order_totals.source,
    order_line_amounts.export_refund_amount,
    order_line_amounts.file_refund_amount
from order_line_amounts
inner join order_totals on order_line_amounts.order_key = order_totals.order_key
where order_line_amounts.file_refund_amount <> order_line_amounts.export_refund_amount
