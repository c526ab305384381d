"""The night itself: which files were taken, that every row and cent is accounted for, and what ran."""

from pipeline.schemas import raw
from pipeline.schemas.columns import DATE, MOMENT, MONEY, TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["FILE_STATES", "raw"]

FILE_STATES = ("loaded", "redelivered", "refused", "expired")

define(
    TEXT,
    path="Path below landing/.",
    sha256="SHA-256 of the file.",
    part_id="Name of the parsed part.",
    format="Format that the file was read by.",
    reports="Reports recognised in the file, comma separated.",
    encoding="Encoding of the file.",
    refused_because="Reason code of a refused file.",
    unknown_columns="Headers that no canonical column claims, comma separated.",
    table_name="Table.",
    value_masked="The refused value, masked to its shape.",
    column_name="Column that was refused.",
    settings_hash="SHA-256 of the settings.",
    input_hash="SHA-256 of all files, settings and code that the night was made from.",
    table_hashes="JSON: SHA-256 of the Parquet file of every published table.",
    missing_sources="Sources with no file at all, comma separated.",
    stale_sources="Sources whose newest event is older than the others' by the usual gap, comma separated.",
    snapshot_id="Name of the snapshot.",
    parent_id="Snapshot that this night continues.",
)
define(
    DATE,
    file_on="Day the file's state counts from: date in its name, else the as_of of the night that first took it.",
    first_night_on="as_of of the night that first took the file.",
    first_event_on="First event in the file.",
    last_event_on="Last event in the file.",
)
define(
    MOMENT,
    started_at="When the run began, before it read any file (clock of the retailer's zone).",
    finished_at="When all tables were made, before the last checks and publication (clock).",
)
define(
    MONEY,
    raw_amount="Money of raw_rows.",
    clean_amount="Money of clean_rows.",
    rejected_amount="Money of rejected_rows, where it could be read.",
    duplicate_amount="Money of duplicate_rows.",
    ignored_amount="Money of ignored_rows.",
    later_amount="Money of later_rows.",
)
define_count(
    rows="Records in the file, control rows included.",
    byte_count="Size of the file in bytes.",
    file_rows="Records in the files: raw + control + ignored + later.",
    raw_rows="Records that tonight must account for: clean + rejected + duplicate.",
    clean_rows="Rows kept; of a table of the ledger: that came out, count as purchases, or found their order.",
    rejected_rows="Records that could not be read: told in table rejected_rows; of ledger tables: row_counts says.",
    duplicate_rows="Rows that another version or delivery of the same row replaces.",
    control_rows="Footers, repeated headers and blank rows.",
    ignored_rows="Rows that ignore_rows of the format leaves out.",
    later_rows="Rows after as_of, left for a later night.",
)
define(TRUTH, is_published="The night became CURRENT.")
define_enum("state", "What became of the file.", *FILE_STATES)

COUNTS = "raw_rows clean_rows rejected_rows duplicate_rows"
AMOUNTS = "raw_amount clean_amount rejected_amount duplicate_amount"

define_table(
    "source_files",
    "night",
    "One row per landing file ever taken.",
    key="source path sha256",
    columns=(
        "source path sha256 byte_count state refused_because? part_id? format reports encoding? file_on"
        " first_night_on rows control_rows ignored_rows rejected_rows first_event_on? last_event_on? unknown_columns"
    ),
    published=True,
)
define_table(
    "row_counts",
    "night",
    "One row per night, table and source: every row and every cent accounted for. Of tables raw_*, which count what"
    " stands in the files, rejected_rows are records that could not be read, each told in the table rejected_rows. The"
    " others count steps of the ledger, and there rejected_rows were read well: orders that are no purchase (unpaid,"
    " cancelled, test, returned in full) of purchases, returns without an original of order_returns, refunds without an"
    " order of refunds. Sum files by table_name like 'raw_%'; reconciliation has the column stage.",
    key="as_of table_name source",
    columns=(
        f"as_of table_name source {COUNTS} control_rows ignored_rows later_rows file_rows {AMOUNTS} ignored_amount"
        " later_amount"
    ),
    published=True,
)
define_table(
    "rejected_rows",
    "night",
    "One row per record that could not be read, with the rule that refused it.",
    key="source path row_number rule",
    columns="source path row_number rule column_name? value_masked?",
    published=True,
)
define_table(
    "runs",
    "night",
    "One row per night that was built.",
    key="as_of input_hash",
    columns=(
        "as_of started_at finished_at settings_hash input_hash table_hashes missing_sources stale_sources snapshot_id"
        " parent_id?"
    ),
    published=True,
)
