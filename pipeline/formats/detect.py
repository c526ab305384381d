"""Which report a table is, and which of its columns mean what: headers only, never cells.

Headers are compared as `pipeline.formats.headers` folds them. A header is used once. Turning cells into values
belongs to `pipeline.formats.cells`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.formats.canonical import CANONICAL
from pipeline.formats.definition import FormatDefinition, ReportDefinition
from pipeline.formats.headers import SIGNS, chosen, fold, plain, sign_of
from pipeline.formats.raw_table import FindHeader
from pipeline.setting_types import Kind

HEADER_DEPTH = 15
LEAST_KNOWN = 2
SHORTEST_PART = 2
LETTER = re.compile(r"[^\x00-@\[-`{-\x7f]")
"""A letter, or any character beyond ASCII: most cells below a header have none, and are no header then."""

How = Literal["best", "first_filled", "sum"]


@dataclass(frozen=True)
class Place:
    """Where a canonical column stands: one header, several of which the first filled counts, or a sum."""

    how: How
    headers: tuple[str, ...]
    signs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The folded headers that a report knows, and the parts of headers by which an alias-driven one finds more."""

    exact: frozenset[str]
    parts: re.Pattern[str] | None
    is_lettered: bool
    """Whether every known header, and every part of one, has a letter."""


@dataclass(frozen=True)
class Layout:
    """One table understood: the report, the place of each canonical column, and headers nobody asked for."""

    report: ReportDefinition
    places: dict[str, Place]
    others: dict[str, str]
    """Folded header: header, of the columns that rules name by their header."""
    unknown: tuple[str, ...]
    ambiguous: tuple[tuple[str, ...], ...] = ()
    """Headers that differ in their unit or in blanks alone, of which the format does not tell the one that it reads."""


def recognise(definition: FormatDefinition, kind: Kind, header: Sequence[str]) -> ReportDefinition | None:
    """The first report whose headers are there; None where the table is none of them."""
    present = {fold(cell) for cell in header}
    return next((report for report in definition.reports_for(kind) if _fits(report, present)), None)


def nearest_report(definition: FormatDefinition, kind: Kind, header: Sequence[str]) -> ReportDefinition:
    """The report that shares most headers with the table, for a message that helps."""
    reports = definition.reports_for(kind)
    return max(reports, key=lambda report: _known_count(_vocabulary(report), header))


def lay_out(report: ReportDefinition, header: Sequence[str]) -> Layout:
    """Find every canonical column of a report among the headers."""
    alike: dict[str, list[str]] = {}
    for cell in header:
        alike.setdefault(fold(cell), []).append(cell)
    listed = [*_listed(report)]
    meant = {key: chosen(cells, listed) for key, cells in alike.items()}
    free = {key: meant[key] or cells[0] for key, cells in alike.items()}
    used = {""}
    places = _named_places(report, free, used)
    _best_places(report, free, used, places)
    if report.loose:
        _loose_places(report, free, used, places)
    others = {key: free[key] for key in map(fold, _rule_columns(report)) if key in free}
    known = used | _known(report)
    unknown = tuple(cell for cell in header if cell and (fold(cell) not in known or cell != free[fold(cell)]))
    doubtful = tuple(
        tuple(alike[key]) for key, cell in meant.items() if cell is None and key and key in used | set(others)
    )
    return Layout(report, places, others, unknown, doubtful)


def missing_columns(layout: Layout) -> list[str]:
    """Required canonical columns that can neither be found nor derived."""
    report, found = layout.report, set(layout.places)
    given = found | set(report.constants) | set(report.elsewhere) | set(report.derive)
    if report.kind == "orders":
        if "ordered_date" in found:
            given.add("ordered_at")
        if "quantity" in found and found & {"unit_price", "list_price"}:
            given.add("paid_amount")
    return [name for name, column in CANONICAL[report.kind].items() if column.required and name not in given]


def foreign_signs(layout: Layout, currency: str) -> Iterator[tuple[str, str]]:
    """Money columns and their headers whose sign is that of another currency; none where the format lists the header
    with its sign, or another column tells the currency of each row.
    """
    report = layout.report
    if "currency" in {*layout.places, *report.constants}:
        return
    vouched = {plain(name) for name in _listed(report)}
    for name, place in layout.places.items():
        for header in place.headers if CANONICAL[report.kind][name].cell in ("money", "fine") else ():
            sign = sign_of(header)
            if sign is not None and currency not in SIGNS[sign] and plain(header) not in vouched:
                yield name, header


def header_finder(definition: FormatDefinition, kind: Kind) -> FindHeader:
    """A search for the header record: of those that are a report of the format, else of all, the most known."""
    vocabularies = [_vocabulary(report) for report in definition.reports_for(kind)]

    def find(records: Sequence[Sequence[str]]) -> int | None:
        top = list(records[:HEADER_DEPTH])
        if all(len(record) < LEAST_KNOWN for record in top):
            return None
        known = [max(_known_count(words, record) for words in vocabularies) for record in top]
        fitting = [
            count if count >= LEAST_KNOWN and recognise(definition, kind, record) else 0
            for count, record in zip(known, top, strict=True)
        ]
        counts = fitting if max(fitting, default=0) >= LEAST_KNOWN else known
        best = max(counts, default=0)
        return counts.index(best) if best >= LEAST_KNOWN else None

    return find


def wanted_headers(definition: FormatDefinition, kind: Kind) -> set[str]:
    """Folded headers that any report of a source's kind reads; for alias-driven formats see `wanted_finder`."""
    return {key for report in definition.reports_for(kind) for key in _known(report)}


def wanted_finder(definition: FormatDefinition, kind: Kind) -> Callable[[str], bool]:
    """Whether a column with a header may be read at all."""
    exact = wanted_headers(definition, kind)
    loose = [report for report in definition.reports_for(kind) if report.loose]
    parts = [part for report in loose for part, _ in _loose_aliases(report)]
    return lambda header: (key := fold(header)) in exact or any(part in key for part in parts)


def _fits(report: ReportDefinition, present: set[str]) -> bool:
    needed = {fold(name) for name in report.when}
    return needed <= present and not present & {fold(name) for name in report.unless}


def _known(report: ReportDefinition) -> set[str]:
    return {fold(name) for name in _listed(report)}


def _listed(report: ReportDefinition) -> Iterator[str]:
    """Every header that a report speaks of, as it is written there, those of a column best first."""
    for name in dict.fromkeys((*report.first_filled, *report.sums, *report.columns)):
        yield from report.headers_of(name)
    yield from (*report.when, *report.ignored_columns, *_rule_columns(report))


def _vocabulary(report: ReportDefinition) -> Vocabulary:
    parts = [part for part, _ in _loose_aliases(report)] if report.loose else []
    exact = frozenset(_known(report))
    pattern = re.compile("|".join(map(re.escape, parts))) if parts else None
    return Vocabulary(exact, pattern, all(map(LETTER.search, [*exact, *parts])))


def _known_count(words: Vocabulary, header: Sequence[str]) -> int:
    present = {fold(cell) for cell in header if not words.is_lettered or LETTER.search(cell)}
    exact = present & words.exact
    if words.parts is None:
        return len(exact)
    return len(exact) + sum(words.parts.search(key) is not None for key in present - exact)


def _rule_columns(report: ReportDefinition) -> list[str]:
    rules = (*report.status_rules, *report.line_kinds, *report.ignore_rows, *report.control_rows)
    return [rule.column for rule in rules if rule.column not in CANONICAL[report.kind]]


def _named_places(report: ReportDefinition, free: dict[str, str], used: set[str]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for name, headers in report.first_filled.items():
        keys = [key for key in map(fold, headers) if key in free]
        if keys:
            places[name] = Place("first_filled", tuple(free[key] for key in keys))
            used.update(keys)
    for name, headers in report.sums.items():
        terms = [(fold(text.removeprefix("-")), -1 if text.startswith("-") else 1) for text in headers]
        terms = [(key, sign) for key, sign in terms if key in free]
        if terms and terms[0][0] == fold(headers[0].removeprefix("-")):
            places[name] = Place("sum", tuple(free[key] for key, _ in terms), tuple(sign for _, sign in terms))
            used.update(key for key, _ in terms)
    return places


def _best_places(report: ReportDefinition, free: dict[str, str], used: set[str], places: dict[str, Place]) -> None:
    depth = max((len(aliases) for aliases in report.columns.values()), default=0)
    for rank in range(depth):
        for name, aliases in report.columns.items():
            key = fold(aliases[rank].removeprefix("=")) if rank < len(aliases) else ""
            if name not in places and key in free and key not in used:
                places[name] = Place("best", (free[key],))
                used.add(key)


def _loose_aliases(report: ReportDefinition) -> list[tuple[str, str]]:
    parts = [
        (fold(alias), name)
        for name, aliases in report.columns.items()
        for alias in aliases
        if not alias.startswith("=") and len(fold(alias)) >= SHORTEST_PART
    ]
    return sorted(parts, key=lambda part: -len(part[0]))


def _loose_places(report: ReportDefinition, free: dict[str, str], used: set[str], places: dict[str, Place]) -> None:
    ignored = {fold(name) for name in report.ignored_columns}
    for part, name in _loose_aliases(report):
        key = next((key for key in free if part in key and key not in used and key not in ignored), None)
        if name not in places and key is not None:
            places[name] = Place("best", (free[key],))
            used.add(key)
