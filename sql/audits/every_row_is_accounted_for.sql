-- In every source and table raw = clean + rejected + duplicate, in rows and in money, and
-- file rows = raw + control + ignored + later.
-- Reads: row_counts.
select count(*) as fault_count
from row_counts
where
    raw_rows <> clean_rows + rejected_rows + duplicate_rows
    or raw_amount <> clean_amount + rejected_amount + duplicate_amount
    or file_rows <> raw_rows + control_rows + ignored_rows + later_rows
