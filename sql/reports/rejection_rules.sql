-- One row per source and rule that refused records: how many. Reads: rejected_rows.
select
    source,
    rule,
    count(*) as row_count
from rejected_rows
group by source, rule
