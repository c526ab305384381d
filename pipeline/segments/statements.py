"""The queries that depend on the conditions of the segments, put together with the fixed files of `sql/segments`.

Only compiled conditions and names that passed their pattern are written into SQL here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.engine import sql_text
from pipeline.segments.conditions import CUSTOMERS, TONIGHT, Part, Vocabulary, compiled
from pipeline.segments.library import Segment
from pipeline.segments.values import quoted_text

ELIGIBLE = "not customers.profiling_opt_out and not customers.is_minor"
"""Who refused profiling, or is a minor, is in no segment."""
ALWAYS_NAMED = ("is_minor", "profiling_opt_out")
BEFORE = Vocabulary("previous_customers", CUSTOMERS.columns, f"$previous_{TONIGHT}")
"""The same conditions over the customers of the last published night."""


def members_query(segments: Sequence[Segment]) -> str:
    """`sql/segments/segment_members.sql` over the customers for whom each condition is true.

    Reads customers and previous_segment_members; takes `$as_of`.
    """
    matches = "\nunion all\n".join(
        f"select '{segment.name}' as segment, customers.customer_id\n"
        f"from customers\nwhere {ELIGIBLE} and {segment.condition.sql}"
        for segment in segments
    )
    return _with({"segment_matches": matches}, "segments/segment_members.sql")


def changes_query(segments: Sequence[Segment], known_before: Collection[str]) -> str:
    """`sql/segments/segment_changes.sql` with the reason of every move; `known_before` = columns of the last night.

    Reads customers, segment_members and segment_definitions of tonight and the same of the last published night
    as `previous_…`; takes `$as_of` and `$previous_as_of`.
    """
    named = {segment.name: _named_columns(segment, known_before) for segment in segments}
    turns = _turns(segments, known_before)
    parts = {
        "segment_moves": sql_text("segments/segment_moves.sql"),
        "segment_differences": _differences(sorted({name for names in named.values() for name in names}), turns),
        "segment_reasons": _reasons(segments, named, turns),
    }
    return _with(parts, "segments/segment_changes.sql")


def _named_columns(segment: Segment, known_before: Collection[str]) -> list[str]:
    columns = {*segment.condition.columns, *ALWAYS_NAMED}
    return sorted(column for column in columns if column in known_before or column == TONIGHT)


@dataclass(frozen=True)
class Turn:
    """A part of a condition that may have turned: the column that says how, and its SQL on both nights."""

    column: str
    part: Part
    before: str


def _turns(segments: Sequence[Segment], known_before: Collection[str]) -> dict[Part, Turn]:
    """Every different part of the conditions whose columns the last night knew too."""
    turns: dict[Part, Turn] = {}
    for segment in segments:
        if not set(segment.condition.columns) <= {*known_before, TONIGHT}:
            continue
        before = compiled(segment.where, segment.name, BEFORE).parts
        for part, earlier in zip(segment.condition.parts, before, strict=True):
            turns.setdefault(part, Turn(f"turn_{len(turns)}", part, earlier.sql))
    return turns


def _differences(columns: Sequence[str], turns: Mapping[Part, Turn]) -> str:
    """One row per customer who moved and was known on both nights: `name old → new` per column that differs, and
    whether each part was met or is no longer.
    """
    texts = [f"{_difference(column)} as {column}" for column in columns]
    texts += [
        f"case when coalesce({turn.part.sql}, false) and not coalesce({turn.before}, false) then 'met'"
        f" when coalesce({turn.before}, false) and not coalesce({turn.part.sql}, false) then 'no longer meets' end"
        f" as {turn.column}"
        for turn in turns.values()
    ]
    listed = ",\n    ".join(texts)
    return (
        f"select\n    customers.customer_id,\n    {listed}\nfrom customers\n"  # noqa: S608
        "inner join previous_customers on customers.customer_id = previous_customers.customer_id\n"
        "where customers.customer_id in (select segment_moves.customer_id from segment_moves)"
    )


def _difference(column: str) -> str:
    """`name old → new`; of the many tags only that they differ, for the condition says which one counts."""
    old, new = f'previous_customers."{column}"', f'customers."{column}"'
    if column == TONIGHT:
        old, new = "cast($previous_as_of as date)", "cast($as_of as date)"
    if column == "tags":
        return f"case when {old} is distinct from {new} then 'tags' end"
    old_text, new_text = (f"coalesce(cast({value} as varchar), 'null')" for value in (old, new))
    return f"case when {old} is distinct from {new} then concat('{column} ', {old_text}, ' → ', {new_text}) end"


def _reasons(segments: Sequence[Segment], named: Mapping[str, list[str]], turns: Mapping[Part, Turn]) -> str:
    """One row per move of a customer known on both nights: what turned; else what differs in the segment's columns."""
    cases = "\n        ".join(
        f"when '{segment.name}' then coalesce(nullif({_told(segment, turns)}, ''), {_listed(named[segment.name])})"
        for segment in segments
    )
    return (
        "select\n    segment_moves.segment,\n    segment_moves.customer_id,\n"
        f"    case segment_moves.segment\n        {cases}\n    end as reason\nfrom segment_moves\n"
        "inner join segment_differences on segment_moves.customer_id = segment_differences.customer_id"
    )


def _told(segment: Segment, turns: Mapping[Part, Turn]) -> str:
    """`recency_days 89 → 90 met recency_days >= 90`, part by part; then whether the customer may be in segments."""
    texts = []
    for part in segment.condition.parts:
        if part in turns and part.columns:
            turn = f"segment_differences.{turns[part].column}"
            texts.append(
                f"case when {turn} is not null then concat_ws(' ', {_listed(part.columns, ', ')}, {turn},"
                f" {quoted_text(part.text)}) end"
            )
    return f"concat_ws('; ', {', '.join([*texts, *(f'segment_differences.{name}' for name in ALWAYS_NAMED)])})"


def _listed(columns: Sequence[str], separator: str = "; ") -> str:
    return f"concat_ws('{separator}', {', '.join(f'segment_differences.{column}' for column in columns)})"


def _with(parts: dict[str, str], sql_file: str) -> str:
    ctes = ",\n".join(f"{name} as (\n{query}\n)" for name, query in parts.items())
    return f"with {ctes}\nselect * from (\n{sql_text(sql_file)}\n)"
