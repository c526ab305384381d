"""The query that gives tags: compiled conditions and evidence over `customer_habits`, one select a tag.

Only compiled conditions, names that passed their pattern, and quoted texts of the library are written into SQL here.
"""

import re
from collections.abc import Sequence

import polars as pl

from pipeline.engine import sql_text
from pipeline.errors import SettingsError
from pipeline.schemas.columns import ColumnSpec
from pipeline.segments.values import quoted_text
from pipeline.tags.library import HABITS, Tag

PLACE = re.compile(r"\{([a-z_0-9]+)(:%)?\}")
NO_VALUE = "true"


def tags_query(tags: Sequence[Tag]) -> str:
    """`sql/tags/customer_tags.sql` over the customers for whom each condition is true.

    Reads customer_habits and previous_customer_tags; takes `$as_of`.
    """
    matches = "\nunion all\n".join(_matches(tag) for tag in tags)
    return f"with tag_matches as (\n{matches}\n)\nselect * from (\n{sql_text('tags/customer_tags.sql')}\n)"


def _matches(tag: Tag) -> str:
    value = quoted_text(NO_VALUE) if tag.value is None else f"cast({_column(tag, tag.value)} as varchar)"
    dated = "cast($as_of as date)" if tag.dated_by is None else _column(tag, tag.dated_by)
    return (
        f"select customer_habits.customer_id, {quoted_text(tag.name)} as tag, {value} as value,\n"
        f"    {evidence_sql(tag)} as evidence,\n"
        f"    {quoted_text(tag.rule_version)} as rule_version, {dated} + {tag.expires_days} as expires_on\n"
        f"from customer_habits\nwhere {tag.condition.sql}"
    )


def evidence_sql(tag: Tag) -> str:
    """The evidence as one text: words as they stand, columns as people write them, `–` for what is not known."""
    parts, end = [], 0
    for place in PLACE.finditer(tag.evidence):
        parts.append(quoted_text(tag.evidence[end : place.start()]))
        parts.append(_shown(tag, place[1], is_percentage=place[2] is not None))
        end = place.end()
    parts.append(quoted_text(tag.evidence[end:]))
    return f"concat({', '.join(part for part in parts if part != quoted_text('')) or quoted_text('')})"


def _shown(tag: Tag, name: str, *, is_percentage: bool) -> str:
    column, known = _column(tag, name), HABITS.columns[name]
    if is_percentage:
        text = f"concat(cast(cast({column} * 100 as decimal(18, 1)) as varchar), '%')"
        return f"case when {column} is null then '–' else {text} end"
    return f"coalesce({_as_text(column, known)}, '–')"


def _as_text(column: str, spec: ColumnSpec) -> str:
    if spec.dtype == pl.Float64():
        column = f"cast({column} as decimal(18, 2))"
    return f"cast({column} as varchar)"


def _column(tag: Tag, name: str) -> str:
    if name not in HABITS.columns:
        raise SettingsError(f"names {name}, which is no column of customer_habits", where=f"tag {tag.name}")
    return f'customer_habits."{name}"'
