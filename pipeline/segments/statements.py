"""The queries that depend on the conditions of the segments, put together with the fixed files of `sql/segments`.

Only compiled conditions and names that passed their pattern are written into SQL here.
"""

from collections.abc import Collection, Sequence

from pipeline.engine import sql_text
from pipeline.segments.conditions import TONIGHT
from pipeline.segments.library import Segment

ELIGIBLE = "not customers.profiling_opt_out and not customers.is_minor"
"""Who refused profiling, or is a minor, is in no segment."""
ALWAYS_NAMED = ("is_minor", "profiling_opt_out")


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
    compared = sorted({column for columns in named.values() for column in columns})
    parts = {
        "segment_moves": sql_text("segments/segment_moves.sql"),
        "segment_differences": _differences(compared),
        "segment_reasons": _reasons(named),
    }
    return _with(parts, "segments/segment_changes.sql")


def _named_columns(segment: Segment, known_before: Collection[str]) -> list[str]:
    columns = {*segment.condition.columns, *ALWAYS_NAMED}
    return sorted(column for column in columns if column in known_before or column == TONIGHT)


def _differences(columns: Sequence[str]) -> str:
    """One row per customer who moved and was known on both nights: `name old → new` per column that differs."""
    texts = ",\n    ".join(f"{_difference(column)} as {column}" for column in columns)
    return (
        f"select\n    customers.customer_id,\n    {texts}\nfrom customers\n"  # noqa: S608
        "inner join previous_customers on customers.customer_id = previous_customers.customer_id\n"
        "where customers.customer_id in (select segment_moves.customer_id from segment_moves)"
    )


def _difference(column: str) -> str:
    old, new = f'previous_customers."{column}"', f'customers."{column}"'
    if column == TONIGHT:
        old, new = "cast($previous_as_of as date)", "cast($as_of as date)"
    old_text, new_text = (f"coalesce(cast({value} as varchar), 'null')" for value in (old, new))
    return f"case when {old} is distinct from {new} then concat('{column} ', {old_text}, ' → ', {new_text}) end"


def _reasons(named: dict[str, list[str]]) -> str:
    """One row per move of a customer known on both nights: the differences in the columns the segment names."""
    cases = "\n        ".join(
        f"when '{name}' then concat_ws('; ', {', '.join(f'segment_differences.{column}' for column in columns)})"
        for name, columns in named.items()
    )
    return (
        "select\n    segment_moves.segment,\n    segment_moves.customer_id,\n"
        f"    case segment_moves.segment\n        {cases}\n    end as reason\nfrom segment_moves\n"
        "inner join segment_differences on segment_moves.customer_id = segment_differences.customer_id"
    )


def _with(parts: dict[str, str], sql_file: str) -> str:
    ctes = ",\n".join(f"{name} as (\n{query}\n)" for name, query in parts.items())
    return f"with {ctes}\nselect * from (\n{sql_text(sql_file)}\n)"
