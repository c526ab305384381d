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
    (select coalesce(sum(raw_rows), 0) from row_counts where table_name like 'raw_%') as raw_rows,
    (select coalesce(sum(rejected_rows), 0) from row_counts where table_name like 'raw_%') as rejected_rows,
    (select coalesce(sum(duplicate_rows), 0) from row_counts where table_name like 'raw_%') as duplicate_rows
"""
STAGES = """
select stage, count(*) as members from lifecycle_stages where profile = 'guide' group by stage order by members desc
"""


def summary_lines(workspace: Workspace) -> list[str]:
    """The figures of the published night and where everything lies."""
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        as_of, stale = connection.execute(
            "select as_of, stale_sources from runs order by as_of desc, finished_at desc limit 1"
        ).fetchall()[0]
        row = connection.execute(FIGURES).fetchall()[0]
        stages = connection.execute(STAGES).fetchall()
    customers, buyers, profiles, orders, purchases, net, lines, files, raw, rejected, duplicates = row
    return [
        "",
        f"Night of {as_of}",
        f"  {files:,} files, {raw:,} rows read: {rejected:,} rejected, {duplicates:,} told twice",
        f"  {profiles:,} profiles are {customers:,} customers, {buyers:,} of them buyers",
        f"  {orders:,} orders with {lines:,} lines; {purchases:,} purchases, net {net:,.2f}",
        "  stages: " + ", ".join(f"{stage} {members:,}" for stage, members in stages),
        *([f"  stale sources: {stale}"] if stale else []),
        f"  warehouse  {workspace.warehouse}",
        f"  lists      {workspace.exports / str(as_of)}",
        f"  snapshots  {workspace.snapshots}",
    ]
