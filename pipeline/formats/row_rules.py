"""Tests on single rows: the rules of a format, footers and repeated headers.

Everything is judged on the text of cells; what a row is worth belongs to `pipeline.formats.reconcile`.
"""

from collections.abc import Iterable

import polars as pl

from pipeline.clean.text import folded, half_width
from pipeline.formats.definition import ReportDefinition, Rule
from pipeline.formats.detect import Layout
from pipeline.formats.headers import fold
from pipeline.formats.texts import OTHER, Texts

FOOTER = (
    r"(?i)^(?:本页|当页|全部|金额)?(?:合计|总计|小计|总和|汇总|共计)(?:[^\p{Han}]|$)"
    r"|^(?:grand ?|sub ?)?totals?(?:[^a-z0-9]|$)|^共\s*\d+\s*[条笔单行]"
)
PART_OF_TOTAL = r"(?i)^(?:本页|当页)|小计|^sub"


def rule_mask(rule: Rule, texts: Texts) -> pl.Series:
    """Rows that a rule fits; no row where the file has no such column."""
    name = rule.column if rule.column in texts.frame.columns else OTHER + fold(rule.column)
    if name not in texts.frame.columns:
        return pl.repeat(False, texts.frame.height, dtype=pl.Boolean, eager=True)
    return _test(rule, texts.frame[name]).fill_null(False)


def any_rule(rules: Iterable[Rule], texts: Texts) -> pl.Series:
    """Rows that at least one rule fits."""
    mask = pl.repeat(False, texts.frame.height, dtype=pl.Boolean, eager=True)
    for rule in rules:
        mask |= rule_mask(rule, texts)
    return mask


def control_mask(report: ReportDefinition, layout: Layout, texts: Texts) -> pl.Series:
    """Footers, which begin with a word such as 合计 and name no order, and headers printed again."""
    is_footer = texts.first_cell.str.contains(FOOTER).fill_null(False)
    if is_footer.any():
        key = texts.frame[texts.key] if texts.key else texts.first_cell
        is_footer &= key.is_null() | key.str.contains(FOOTER)
    return is_footer | _is_header_again(layout, texts) | any_rule(report.control_rows, texts)


def _test(rule: Rule, cells: pl.Series) -> pl.Series:
    if rule.filled is not None:
        return cells.is_not_null() if rule.filled else cells.is_null()
    if rule.words is not None:
        words = folded(pl.Series(list(rule.words), dtype=pl.String))
        distinct = cells.drop_nulls().unique()
        return cells.is_in(distinct.filter(folded(distinct).is_in(words.implode())).implode())
    plain = half_width(cells)
    if rule.matches is not None:
        return plain.str.contains(rule.matches)
    beginnings = (rule.starts_with,) if isinstance(rule.starts_with, str) else rule.starts_with or ()
    tests = [pl.col("cell").str.starts_with(beginning) for beginning in beginnings]
    return plain.to_frame("cell").select(pl.any_horizontal(tests))["cell"]


def _is_header_again(layout: Layout, texts: Texts) -> pl.Series:
    single = [(name, place.headers[0]) for name, place in layout.places.items() if len(place.headers) == 1]
    pairs = [(name, header) for name, header in single if name in texts.frame.columns][:3]
    if not pairs:
        return pl.repeat(False, texts.frame.height, dtype=pl.Boolean, eager=True)
    same = [pl.col(name) == header.strip() for name, header in pairs]
    return texts.frame.select(again=pl.all_horizontal(same).fill_null(False))["again"]
