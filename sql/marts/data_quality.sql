-- One row per source: its files, what was refused, and how fresh it is.
-- Reads: huitou_meta, rejected_rows, source_files.
-- Columns:
--   file_count: Files taken.
--   refused_file_count: Files refused as a whole.
--   redelivered_file_count: Files whose content had been taken before.
--   rejected_rate: rejected_rows / rows.
--   main_rule: Rule that refused most rows; ties by name; null where none was refused.
--   days_behind: Days from last_event_on to as_of.
with files as (
    select
        source,
        count(*) as file_count,
        count(*) filter (where state = 'refused') as refused_file_count,
        count(*) filter (where state = 'redelivered') as redelivered_file_count,
        coalesce(sum(rows) filter (where state = 'loaded'), 0) as rows,
        coalesce(sum(rejected_rows) filter (where state = 'loaded'), 0) as rejected_rows,
        max(last_event_on) as last_event_on
    from source_files
    group by source
),

rules as (
    select
        source,
        rule,
        row_number() over (partition by source order by count(*) desc, rule asc) as place
    from rejected_rows
    group by source, rule
)

select
    files.source,
    files.file_count,
    files.refused_file_count,
    files.redelivered_file_count,
    cast(files.rows as bigint) as rows,
    cast(files.rejected_rows as bigint) as rejected_rows,
    round(files.rejected_rows / nullif(files.rows, 0), 6) as rejected_rate,
    rules.rule as main_rule,
    files.last_event_on,
    date_diff('day', files.last_event_on, huitou_meta.as_of) as days_behind
from files
cross join huitou_meta
left join rules on files.source = rules.source and rules.place = 1
