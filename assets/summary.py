"""What a night found, in a few lines for a person; read from the published warehouse."""

import duckdb

from pipeline.workspace import Workspace

FIGURES = """
select
    (select count(*) from customers) as customers,
    (select count(*) from customers where order_count > 0) as buyers,
    (select count(*) from customer_profiles) as profiles,
    (select count(*) from orders) as orders,
    (select count(*) from orders where is_purchase) as purchases,
    (select coalesce(sum(net_amount), 0) from orders where is_purchase) as net_amount,
    (select count(*) from order_lines) as lines,
    (select count(distinct sha256) from source_files where state = 'loaded') as files,
    counts.*
from (
    select
        coalesce(sum(file_rows), 0) as file_rows,
        coalesce(sum(rejected_rows), 0) as rejected_rows,
        coalesce(sum(duplicate_rows), 0) as duplicate_rows,
        coalesce(sum(later_rows), 0) as later_rows,
        coalesce(sum(control_rows + ignored_rows), 0) as other_rows,
        coalesce(sum(rejected_amount), 0) as rejected_amount
    from row_counts
    where table_name like 'raw_%' and as_of = (select as_of from huitou_meta)
) as counts
"""
STAGES = """
select stage, count(*) as members from lifecycle_stages where profile = 'guide' group by stage order by members desc
"""


def summary_lines(workspace: Workspace) -> list[str]:
    """The figures of the published night and where everything lies."""
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        as_of, missing, stale = connection.execute(
            "select as_of, missing_sources, stale_sources from huitou_meta"
        ).fetchall()[0]
        row = connection.execute(FIGURES).fetchall()[0]
        stages = connection.execute(STAGES).fetchall()
    customers, buyers, profiles, orders, purchases, net, lines, files, *counted = row
    told, rejected, duplicates, later, other, rejected_amount = counted
    return [
        "",
        f"Night of {as_of}",
        f"  {files:,} files with {told:,} rows, {rejected:,} of them rejected (worth {rejected_amount:,.2f})",
        f"  {duplicates:,} rows told twice, {other:,} footers and ignored, {later:,} for a later night",
        f"  {profiles:,} profiles are {customers:,} customers, {buyers:,} of them buyers",
        f"  {orders:,} orders with {lines:,} lines; {purchases:,} purchases, net {net:,.2f}",
        "  stages: " + ", ".join(f"{stage} {members:,}" for stage, members in stages),
        *([f"  sources without a file: {missing}"] if missing else []),
        *([f"  stale sources: {stale}"] if stale else []),
        f"  warehouse  {workspace.warehouse}",
        f"  lists      {workspace.exports / str(as_of)}",
        f"  report     {workspace.reports / str(as_of) / 'index.html'}",
        f"  snapshots  {workspace.snapshots}",
    ]
