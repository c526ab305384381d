"""Section quality: what tonight's files were like, and whether every record is accounted for."""

from collections.abc import Sequence

from pipeline.reports.document import Block, Column, Grid, Section, Value
from pipeline.reports.source import Source
from pipeline.reports.wording import Words

PARTS = ("clean_rows", "duplicate_rows", "rejected_rows", "other_rows", "later_rows")
MOST_RULES = 10


def alarms(source: Source, words: Words) -> list[str]:
    """Sources without a file, and sources that stand still: to be read before any figure."""
    run = next((row for row in source.table("runs") if row["snapshot_id"] == source.snapshot_id), None)
    if run is None:
        return []
    names = ("missing_sources", "stale_sources")
    return [words(f"quality.{name}", sources=run[name]) for name in names if run[name]]


def quality(source: Source, words: Words) -> Section:
    """Records by what became of them, sources by freshness, and the rules that refused most."""
    row = source.query("reports/accounted_rows.sql")[0]
    columns = [
        Column(words("column.records")), Column(words("column.rows"), "count"),
        Column(words("column.share"), "rate", bar=True),
    ]  # fmt: skip
    whole = row["file_rows"]
    cells: list[Sequence[Value]] = [
        (words(f"quality.{name}"), row[name], row[name] / whole if whole else None) for name in PARTS
    ]
    gap = whole - sum(row[name] for name in PARTS)
    note = words("quality.adds_up" if gap == 0 else "quality.gap", rows=f"{whole:,}", gap=f"{gap:,}")
    blocks: list[Block] = [Grid("records", words("quality.records"), columns, cells, note), _sources(source, words)]
    rules = sorted(source.query("reports/rejection_rules.sql"), key=lambda each: (-each["row_count"], each["source"]))
    if rules:
        headers = [Column(words("column.source")), Column(words("column.rule")), Column(words("column.rows"), "count")]
        refused = [(each["source"], each["rule"], each["row_count"]) for each in rules[:MOST_RULES]]
        blocks.append(Grid("rules", words("quality.rules"), headers, refused))
    return Section("quality", words("quality.title"), words("quality.lead"), blocks)


def _sources(source: Source, words: Words) -> Grid:
    rows: list[Sequence[Value]] = [
        (
            row["source"], row["file_count"], row["refused_file_count"], row["rows"], row["rejected_rate"],
            row["last_event_on"], row["days_behind"],
        )
        for row in source.query("marts/data_quality.sql")
    ]  # fmt: skip
    columns = [
        Column(words("column.source")), Column(words("column.files"), "count"),
        Column(words("column.refused_files"), "count"), Column(words("column.rows"), "count"),
        Column(words("column.rejected"), "rate"), Column(words("column.last_event"), "date"),
        Column(words("column.behind"), "days"),
    ]  # fmt: skip
    return Grid("sources", words("quality.sources"), columns, rows)
