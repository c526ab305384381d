"""Section lists: what lies ready for tools, who was kept back and why, and whom each channel could reach."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.reports.document import Block, Column, Grid, Note, Section
from pipeline.reports.small_cells import alone
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words


def lists(source: Source, words: Words) -> Section:
    """Lists that lie ready for tools, with who was kept back and why; and whom each channel could reach."""
    entries = source.lists.get("exports", [])
    blocks: list[Block] = [_ready(entries, words)] if entries else [Note(words("lists.none"))]
    told = [*_notices(entries, words), *source.lists.get("mistakes", [])]
    blocks += [Note(text, is_alarm=True) for text in told]
    reach = source.table("segment_reach")
    if reach:
        blocks.append(_reach(source, reach, words))
    return Section("lists", words("lists.title"), words("lists.lead"), blocks)


def _notices(entries: Sequence[dict[str, Any]], words: Words) -> Iterator[str]:
    """Lists that nobody is on, and those of a size that the tool does not take."""
    for entry in entries:
        exported, most = entry["exported"], entry.get("most_rows")
        told = {"list": entry["export"], "count": f"{exported:,}", "members": f"{entry['segment_size']:,}"}
        if entry["segment_size"] and not exported:
            yield words("lists.nobody", **told, reason=words.name("excluded", str(_main_reason(entry))))
        elif 0 < exported < entry.get("least_rows", 0):
            yield words("lists.too_few", **told, least=f"{entry['least_rows']:,}")
        elif most is not None and exported > most:
            yield words("lists.too_many", **told, most=f"{most:,}")


def _main_reason(entry: dict[str, Any]) -> str | None:
    """Why most of those who were kept back were kept back."""
    excluded = entry["excluded"]
    reason = max(sorted(excluded), key=lambda name: excluded[name], default=None)
    return reason if reason and excluded[reason] else None


def _ready(entries: Sequence[dict[str, Any]], words: Words) -> Grid:
    headers = ("list", "segment", "destination", "members", "exported", "excluded", "main_reason", "expires")
    kinds: tuple[Any, ...] = ("text", "text", "text", "count", "count", "count", "text", "date")
    rows = []
    for entry in entries:
        excluded, reason = entry["excluded"], _main_reason(entry)
        why = words.name("excluded", reason) if reason else None
        rows.append(
            (entry["export"], entry["label"] or entry["segment"], entry["destination"], entry["segment_size"],
             entry["exported"], sum(excluded.values()), why, entry["expires_on"])
        )  # fmt: skip
    columns = [Column(words(f"column.{name}"), kind) for name, kind in zip(headers, kinds, strict=True)]
    return Grid("lists", words("lists.ready"), columns, rows, words("lists.ready_note"))


def _reach(source: Source, reach: Sequence[Row], words: Words) -> Grid:
    """Members who may be written to, by channel; a channel too small to tell is hidden."""
    channels = sorted({row["consent_channel"] for row in reach})
    labels = {row["segment"]: row["label"] or row["segment"] for row in source.table("segment_definitions")}
    known = {(row["segment"], row["consent_channel"]): row for row in reach}
    members = {row["segment"]: row["member_count"] for row in reach}
    least = words.small_cell
    rows = []
    for segment in sorted(members, key=lambda name: (-members[name], name)):
        counts = [known[segment, name]["exportable_count"] if (segment, name) in known else None for name in channels]
        told = [None if count is None else alone(count, least) for count in counts]
        rows.append((labels.get(segment, segment), alone(members[segment], least), *told))
    columns = [Column(words("column.segment")), Column(words("column.members"), "count")]
    columns += [Column(words.name("channel", name), "count") for name in channels]
    return Grid("reach", words("lists.reach"), columns, rows, words("lists.reach_note"), is_folded=True)
