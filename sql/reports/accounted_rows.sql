-- One row: all records of the night's files and what became of them. Reads: row_counts.
select
    cast(coalesce(sum(file_rows), 0) as bigint) as file_rows,
    cast(coalesce(sum(clean_rows), 0) as bigint) as clean_rows,
    cast(coalesce(sum(rejected_rows), 0) as bigint) as rejected_rows,
    cast(coalesce(sum(duplicate_rows), 0) as bigint) as duplicate_rows,
    cast(coalesce(sum(control_rows + ignored_rows), 0) as bigint) as other_rows,
    cast(coalesce(sum(later_rows), 0) as bigint) as later_rows,
    cast(coalesce(sum(rejected_amount), 0) as decimal(18, 2)) as rejected_amount
from row_counts
where as_of = $as_of and table_name like 'raw_%'
