"""What a format file may say: the reports an export comes in, and what their headers and words mean.

These are shapes and their checks only. Where the files lie belongs to `pipeline.formats.library`, applying
them to a table to `pipeline.formats.parse`.
"""

import difflib
import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field, model_validator

from pipeline.clean.time import DateOrder
from pipeline.formats.canonical import CANONICAL
from pipeline.schemas.raw import LINE_KINDS, ORDER_STATUSES
from pipeline.setting_types import Currency, Kind, Section, TimeZone

Grain = Literal["line", "order"]
Amounts = Literal["line", "order", "first_row"]
Encoding = Literal["auto", "utf-8", "gb18030", "utf-16"]
Headers = tuple[str, ...]
HeaderRow = Literal["auto"] | Annotated[int, Field(ge=1)]
TRUE_OR_FALSE = ("true", "false")


class Rule(Section):
    """A test on one cell of a row: exactly one of the tests is given.

    `column` is a canonical name, or the header of any other column. A row without that column never fits.
    """

    column: str
    starts_with: str | tuple[str, ...] | None = None
    matches: str | None = None
    """A regular expression found anywhere in the cell."""
    words: tuple[str, ...] | None = Field(default=None, alias="in")
    """Whole cells, compared without case, blanks and full-width forms."""
    filled: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> "Rule":
        given = [self.starts_with, self.matches, self.words, self.filled]
        if sum(test is not None for test in given) != 1:
            raise ValueError("give exactly one of starts_with, matches, in, filled")
        if self.matches is not None:
            _check_pattern(self.matches)
        return self


class LineKindRule(Rule):
    """Rows that are not goods: service (shipping, wrapping) or adjustment (a book entry)."""

    kind: Literal["goods", "service", "adjustment"]


class StatusRule(Rule):
    """A column that decides the status: where the rule fits, the status `becomes` another one.

    `status` keeps the rule to rows of these states; without it every row is meant, also one without a state.
    """

    status: tuple[str, ...] | None = None
    becomes: str

    @model_validator(mode="after")
    def _known(self) -> "StatusRule":
        _check_words("becomes and status", {self.becomes, *(self.status or ())}, ORDER_STATUSES)
        return self


class Derivation(Section):
    """A value read out of another column where its own cell is empty; the rows are counted in the report."""

    column: str
    pattern: str
    """A regular expression; its first group is the value."""
    prefix: str = ""

    @model_validator(mode="after")
    def _has_a_group(self) -> "Derivation":
        _check_pattern(self.pattern, groups=1)
        return self


class ReportDefinition(Section):
    """One report of an export: how it is recognised and what its columns mean."""

    name: str = ""
    kind: Kind
    grain: Grain = "line"
    amounts: Amounts = "line"
    when: Headers = ()
    """Headers that this report must have to be recognised."""
    unless: Headers = ()
    """Headers that it must not have."""
    columns: dict[str, Headers] = Field(default_factory=dict)
    """Canonical name: every header it is known by, best first. A leading `=` keeps an alias from `loose`."""
    loose: bool = False
    """Whether a header may also be found by an alias of two or more characters that it contains."""
    first_filled: dict[str, Headers] = Field(default_factory=dict)
    """Canonical name: headers of which the first filled cell of a row counts."""
    sums: dict[str, Headers] = Field(default_factory=dict)
    """Canonical name: headers whose money is added up, or taken off where a header begins with `-`."""
    values: dict[str, dict[str, str | bool]] = Field(default_factory=dict)
    """Canonical name: what each printed word means."""
    presence: tuple[str, ...] = ()
    """Truth columns whose cell only has to be filled to be true."""
    constants: dict[str, str | int | bool] = Field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()
    """Required columns that another report of the same export tells."""
    order_money: tuple[str, ...] | None = None
    """With `amounts: order` or `first_row`: the money columns that stand at the order; default: all mapped."""
    order_key: tuple[str, ...] = ("order_id",)
    """order_id is composed of these where tickets restart: order_id, store_id, ordered_on; joined by @."""
    derive: dict[str, Derivation] = Field(default_factory=dict)
    status_rules: tuple[StatusRule, ...] = ()
    line_kinds: tuple[LineKindRule, ...] = ()
    ignore_rows: tuple[Rule, ...] = ()
    control_rows: tuple[Rule, ...] = ()
    """Footers besides 合计, 总计, 小计 and Total in the first filled cell, which are always known."""
    dates: DateOrder = "ymd"
    ignored_columns: Headers = ()
    """Headers that are known and not used: they are no news."""

    @model_validator(mode="after")
    def _names_are_canonical(self) -> "ReportDefinition":
        known = CANONICAL[self.kind]
        named: dict[str, Iterable[str]] = {
            "columns": self.columns, "first_filled": self.first_filled, "sums": self.sums, "values": self.values,
            "constants": self.constants, "derive": self.derive, "presence": self.presence,
            "elsewhere": self.elsewhere, "order_money": self.order_money or (),
        }  # fmt: skip
        for key, names in named.items():
            _check_words(f"{key} of kind {self.kind}", set(names), tuple(known))
        if self.kind == "orders":
            _check_words("order_key", set(self.order_key), (*known, "ordered_on"))
        for name, words in self.values.items():
            self._check_values(name, words)
        return self

    def _check_values(self, name: str, words: dict[str, str | bool]) -> None:
        column = CANONICAL[self.kind][name]
        allowed = TRUE_OR_FALSE if column.cell == "truth" else column.words
        if allowed:
            _check_words(f"values.{name}", {str(word).lower() for word in words.values()}, allowed)

    @property
    def table(self) -> str:
        """The raw table that this report feeds."""
        if self.kind != "orders":
            return f"raw_{self.kind}"
        return "raw_order_heads" if self.grain == "order" else "raw_order_lines"

    def headers_of(self, name: str) -> tuple[str, ...]:
        """Every header that a canonical column is looked for under."""
        found = (*self.columns.get(name, ()), *self.first_filled.get(name, ()), *self.sums.get(name, ()))
        return tuple(dict.fromkeys(header.lstrip("=-") for header in found))


class FormatDefinition(Section):
    """One format file: one or more reports, tried in their order, and how its files are read."""

    name: str
    kind: Kind
    builtin: bool = False
    channel: str | None = None
    encoding: Encoding = "auto"
    header_row: HeaderRow = "auto"
    timezone: TimeZone | None = None
    currency: Currency | None = None
    reports: tuple[ReportDefinition, ...]

    @model_validator(mode="after")
    def _has_reports(self) -> "FormatDefinition":
        if not self.reports:
            raise ValueError("reports: list at least one")
        return self

    def fingerprint(self) -> str:
        """SHA-256 of everything the format says."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def reports_for(self, kind: Kind) -> tuple[ReportDefinition, ...]:
        """The reports that a source of this kind may hold; a source of orders may bring refunds with it."""
        kinds = {kind, "refunds"} if kind == "orders" else {kind}
        return tuple(report for report in self.reports if report.kind in kinds)


FORMAT_KEYS = frozenset(FormatDefinition.model_fields) - {"reports", "name", "builtin"}
SHARED_KEYS = frozenset(ReportDefinition.model_fields) - {"name", "kind"}


def with_reports(content: dict[str, Any]) -> dict[str, Any]:
    """A format file as written, put into the shape of the model.

    A file without `reports` is its own single report. What a file with reports says beside them holds for each
    report that does not say it itself; mappings are merged word by word.
    """
    shared = {key: value for key, value in content.items() if key in SHARED_KEYS}
    rest = {key: value for key, value in content.items() if key not in SHARED_KEYS}
    kind = content.get("kind")
    written = content.get("reports", [{}])
    if not isinstance(written, list) or not all(isinstance(report, dict) for report in written):
        return content
    reports = [merged({"kind": kind, **report}, shared, kind) for report in written]
    return {**rest, "reports": reports}


def merged(report: dict[str, Any], shared: dict[str, Any], shared_kind: object) -> dict[str, Any]:
    """A report with what its file says for all reports; columns and words only where the kinds agree."""
    if report["kind"] != shared_kind:
        shared = {key: value for key, value in shared.items() if key in ("dates", "loose", "ignored_columns")}
    result = dict(report)
    for key, value in shared.items():
        own = report.get(key)
        result[key] = _both(own, value) if key in report else value
    return result


def _both(own: Any, shared: Any) -> Any:
    if isinstance(own, dict) and isinstance(shared, dict):
        return {key: _both(own[key], shared[key]) if key in own and key in shared else own.get(key, shared.get(key))
                for key in dict.fromkeys([*own, *shared])}  # fmt: skip
    if isinstance(own, list) and isinstance(shared, list):
        return [*own, *(entry for entry in shared if entry not in own)]
    return own


def _check_pattern(pattern: str, groups: int = 0) -> None:
    """A regular expression as the reader's engine takes it: no look-around, no back-references."""
    try:
        found = pl.Series([""]).str.extract_groups(pattern).struct.fields
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"{pattern!r} is no regular expression that can be used here{_reason(error)}") from error
    if len(found) < groups:
        raise ValueError(f"{pattern!r} needs a group in round brackets around the value")


def _reason(error: Exception) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((f" ({line.removeprefix('error: ')})" for line in lines if line.startswith("error: ")), "")


def _check_words(where: str, given: set[str], allowed: tuple[str, ...]) -> None:
    for word in sorted(given - set(allowed)):
        near = difflib.get_close_matches(word, allowed, n=1)
        hint = f" (did you mean {near[0]}?)" if near else f" (known: {', '.join(allowed)})"
        raise ValueError(f"{where}: unknown {word}{hint}")


__all__ = ["LINE_KINDS", "FormatDefinition", "LineKindRule", "ReportDefinition", "Rule", "StatusRule"]
