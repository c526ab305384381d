-- One row per raw row that does not count tonight, and why: another version of it counts, or its order is told by
-- a mirrored source (duplicate); it happened after as_of (later). A line without a day of its own (old item reports)
-- has that of its order, and waits as long as no report tells its order.
-- Reads: raw_rows (the raw table of any kind), buyer_rows (the same rows where the kind has buyers, else none),
-- told_lines, told_heads (raw_order_lines and raw_order_heads where lines are asked for, else none), mirrored_rows,
-- source_files.
with
-- Most keys occur once: only rows whose hash occurs twice are worth a window.
repeated as (
    select hash(source, row_key) as key_hash
    from raw_rows
    group by hash(source, row_key)
    having count(*) > 1
),

file_days as (
    select
        source,
        sha256 as file_sha,
        min(file_on) as file_on,
        min(first_night_on) as first_night_on
    from source_files
    where state = 'loaded'
    group by source, sha256
),

versions as (
    select
        raw_rows.source,
        raw_rows.row_key,
        raw_rows.file_sha,
        raw_rows.row_number,
        raw_rows.version_rank,
        raw_rows.filled_count,
        file_days.file_on,
        file_days.first_night_on,
        coalesce(file_days.file_on <= cast($as_of as date), false) as is_known,
        coalesce(buyer_rows.member_no is not null, false) as has_member_no,
        coalesce(buyer_rows.phone is not null, false) as has_phone
    from raw_rows
    left join file_days
        on raw_rows.source = file_days.source and raw_rows.file_sha = file_days.file_sha
    left join buyer_rows
        on
            raw_rows.source = buyer_rows.source
            and raw_rows.file_sha = buyer_rows.file_sha
            and raw_rows.row_number = buyer_rows.row_number
    where hash(raw_rows.source, raw_rows.row_key) in (select key_hash from repeated)
),

-- The newest state known on as_of; where all of it is newer, the oldest.
ranked as (
    select
        source,
        file_sha,
        row_number,
        row_number() over (
            partition by source, row_key
            order by
                is_known desc,
                case when is_known then file_on end desc nulls last,
                file_on asc nulls last,
                first_night_on desc nulls last,
                version_rank desc,
                filled_count desc,
                has_member_no desc,
                has_phone desc,
                file_sha asc,
                row_number asc
        ) as place
    from versions
),

replaced as (
    select
        source,
        file_sha,
        row_number
    from ranked
    where place > 1
    union
    select
        source,
        file_sha,
        row_number
    from mirrored_rows
),

known_orders as (
    select
        source,
        order_id
    from told_heads
    where event_on <= cast($as_of as date)
    union
    select
        source,
        order_id
    from told_lines
    where event_on <= cast($as_of as date)
),

undated as (
    select
        told_lines.source,
        told_lines.file_sha,
        told_lines.row_number
    from told_lines
    left join known_orders
        on told_lines.source = known_orders.source and told_lines.order_id = known_orders.order_id
    where told_lines.event_on is null and known_orders.order_id is null
)

select
    raw_rows.source,
    raw_rows.file_sha,
    raw_rows.row_number,
    raw_rows.amount,
    case when replaced.row_number is null then 'later' else 'duplicate' end as left_out_because
from raw_rows
left join replaced
    on
        raw_rows.source = replaced.source
        and raw_rows.file_sha = replaced.file_sha
        and raw_rows.row_number = replaced.row_number
left join undated
    on
        raw_rows.source = undated.source
        and raw_rows.file_sha = undated.file_sha
        and raw_rows.row_number = undated.row_number
where
    replaced.row_number is not null
    or raw_rows.event_on > cast($as_of as date)
    or undated.row_number is not null
