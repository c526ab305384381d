-- One row per line whose order report tells another refund than the refund files, which count.
-- Reads: order_line_amounts.
select
    order_key,
    line_id,
    source,
    export_refund_amount,
    file_refund_amount
from order_line_amounts
where file_refund_amount <> export_refund_amount
