-- One row per night, table and source: where every row and every cent of the files went.
-- Reads: row_counts.
-- Columns:
--   stage: files: what stands in them (rejected = could not be read); ledger: rows read well (rejected = do not count).
--   unexplained_file_rows: file_rows - (raw + control + ignored + later); always 0.
--   unexplained_rows: raw_rows - (clean + rejected + duplicate); always 0.
--   unexplained_amount: The same in money; always 0.
--   is_balanced: Nothing is unexplained.
with differences as (
    select
        as_of,
        table_name,
        case when starts_with(table_name, 'raw_') then 'files' else 'ledger' end as stage,
        source,
        file_rows,
        control_rows,
        ignored_rows,
        later_rows,
        raw_rows,
        clean_rows,
        rejected_rows,
        duplicate_rows,
        raw_amount,
        clean_amount,
        rejected_amount,
        duplicate_amount,
        ignored_amount,
        later_amount,
        file_rows - raw_rows - control_rows - ignored_rows - later_rows as unexplained_file_rows,
        raw_rows - clean_rows - rejected_rows - duplicate_rows as unexplained_rows,
        cast(raw_amount - clean_amount - rejected_amount - duplicate_amount as decimal(18, 2)) as unexplained_amount
    from row_counts
)

select
    as_of,
    table_name,
    stage,
    source,
    file_rows,
    control_rows,
    ignored_rows,
    later_rows,
    raw_rows,
    clean_rows,
    rejected_rows,
    duplicate_rows,
    raw_amount,
    clean_amount,
    rejected_amount,
    duplicate_amount,
    ignored_amount,
    later_amount,
    unexplained_file_rows,
    unexplained_rows,
    unexplained_amount,
    unexplained_file_rows = 0 and unexplained_rows = 0 and unexplained_amount = 0 as is_balanced
from differences
