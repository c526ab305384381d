"""Text cells as typed values, column by column, and what is wrong with the cells that are none.

Money becomes whole fen and pieces whole ten-thousandths here, so that everything after is exact; the last step
makes decimals of them. What follows from several cells of a row belongs to `pipeline.formats.orders` and
`pipeline.formats.kinds`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import available_timezones

import polars as pl

from pipeline.clean import ids, money, names, region, time
from pipeline.clean.email import normalized_emails
from pipeline.clean.free_text import FREE_TEXT, has_contact, without_contacts
from pipeline.clean.phone import normalized_phones, partly_shown_phones
from pipeline.clean.text import folded
from pipeline.formats.canonical import CANONICAL, FALSE_WORDS, GENDER_WORDS, TRUE_WORDS, CanonicalColumn
from pipeline.formats.definition import ReportDefinition
from pipeline.formats.detect import Layout
from pipeline.formats.notes import COUNT, Note
from pipeline.formats.raw_table import ROW_NUMBER
from pipeline.formats.texts import sum_terms

RATE_PLACES = 8
NEEDED_IF_FILLED = frozenset({"paid_amount", "refund_amount", "quantity", "unit_price"})
"""Cells that decide what an order is worth: unreadable ones refuse the row, though they may be empty."""
MISSING = {"id": "ID_MISSING", "member": "ID_MISSING", "text": "ID_MISSING", "moment": "DATE_FORMAT",
           "date": "DATE_FORMAT", "enum": "ENUM", "currency": "ENUM"}  # fmt: skip
WRONG = {"moment": "DATE_FORMAT", "date": "DATE_FORMAT", "id": "ID_FORMAT", "enum": "ENUM",
         "currency": "ENUM"}  # fmt: skip
EMPTY_TYPES: dict[str, pl.DataType] = {
    "money": pl.Int64(), "fine": pl.Int64(), "rate": pl.Int64(), "whole": pl.Int64(), "moment": pl.Datetime("us"),
    "date": pl.Date(), "truth": pl.Boolean(),
}  # fmt: skip
"""Types of columns without any filled cell, which need no reading; of all others text."""
MONEY_FORMAT, MONEY_RANGE = "MONEY_FORMAT", "MONEY_RANGE"


@dataclass(frozen=True)
class Zones:
    """Zones of a table: of its source, of the retailer; and the currency that tells whose phones these are."""

    source: str
    retailer: str
    currency: str


@dataclass(frozen=True)
class Fault:
    """Rows that a cell refuses, and the reason code of each."""

    column: str
    rows: pl.Series
    rules: pl.Series


@dataclass
class Cells:
    """Typed columns of one table, row by row beside the text they came from."""

    frame: pl.DataFrame
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unknown_words: dict[str, dict[str, int]] = field(default_factory=dict)

    def refuse(self, column: str, rows: pl.Series, rule: str | pl.Series) -> None:
        """Refuse rows for a reason; nothing happens where no row is meant."""
        if rows.any():
            rules = pl.repeat(rule, len(rows), eager=True) if isinstance(rule, str) else rule
            self.faults.append(Fault(column, rows.fill_null(value=False), rules))

    def slice(self, offset: int, length: int) -> "Cells":
        """A stretch of the rows, with what was found in them; unknown words stay those of the whole."""
        part = Cells(self.frame.slice(offset, length), unknown_words=self.unknown_words)
        for fault in self.faults:
            part.refuse(fault.column, fault.rows.slice(offset, length), fault.rules.slice(offset, length))
        part.notes = [note.slice(offset, length) for note in self.notes]
        return part


def read_cells(text: pl.DataFrame, counted: pl.Series, layout: Layout, zones: Zones) -> Cells:
    """Type every column of a table. `counted` marks the rows whose unknown words matter."""
    report = layout.report
    cells = Cells(text.select(ROW_NUMBER))
    moment_zones = _row_zones(text, report, zones, cells)
    columns = []
    for column in CANONICAL[report.kind].values():
        if column.cell == "account" and column.name in text.columns:
            columns += _accounts(text[column.name], zones)
            continue
        values = _values(text, counted, layout, column, zones, moment_zones, cells)
        if values is not None:
            columns.append(values.alias(column.raw))
        if column.cell == "phone" and column.name in text.columns:
            columns.append(partly_shown_phones(text[column.name]).alias(f"{column.raw}_shown"))
    cells.frame = cells.frame.with_columns(columns)
    return cells


def _values(
    text: pl.DataFrame,
    counted: pl.Series,
    layout: Layout,
    column: CanonicalColumn,
    zones: Zones,
    moment_zones: pl.Series | None,
    cells: Cells,
) -> pl.Series | None:
    report = layout.report
    if sum_terms(text, column.name):
        return _sum(text, layout, column, cells)
    if column.name not in text.columns or column.cell == "address":
        return text[column.name] if column.name in text.columns else None
    written = text[column.name]
    if written.null_count() == len(written) and column.name not in report.presence:
        values = pl.repeat(None, len(written), dtype=EMPTY_TYPES.get(column.cell, pl.String()), eager=True)
    elif column.cell == "enum":
        values = _enum(written, counted, report, column, cells)
    elif column.cell == "moment":
        values = _moment(written, report, zones, moment_zones)
    else:
        values = _reader(report, column, zones)(_shown(_mapped(written, report, column), column, cells))
    _judge(written, values, report, column, cells)
    return values


def _shown(values: pl.Series, column: CanonicalColumn, cells: Cells) -> pl.Series:
    """The cells with the phones and e-mails masked that somebody typed where everybody will read them."""
    if column.raw not in FREE_TEXT:
        return values
    held = has_contact(values)
    if not held.any():
        return values
    cells.notes.append(Note(f"{column.name}: phone numbers or e-mail addresses masked in {COUNT} cells", held))
    return without_contacts(values)


def _reader(report: ReportDefinition, column: CanonicalColumn, zones: Zones) -> Callable[[pl.Series], pl.Series]:
    readers: dict[str, Callable[[pl.Series], pl.Series]] = {
        "name": names.tidy_names,
        "id": ids.intact_ids,
        "key": ids.buyer_keys,
        "member": ids.member_numbers,
        "phone": lambda values: normalized_phones(values, zones.currency),
        "email": normalized_emails,
        "money": lambda values: money.scaled(values, money.FEN),
        "fine": lambda values: money.scaled(values, money.FINE),
        "rate": lambda values: money.scaled(values, RATE_PLACES),
        "whole": lambda values: money.scaled(values, 0),
        "date": lambda values: time.days(values, report.dates),
        "truth": lambda values: _truth(values, report, column),
        "province": region.short_provinces,
        "city": region.short_cities,
        "currency": money.currency_codes,
    }
    return readers.get(column.cell, lambda values: values)


def _moment(written: pl.Series, report: ReportDefinition, zones: Zones, moment_zones: pl.Series | None) -> pl.Series:
    parsed = time.moments(written, report.dates)
    if moment_zones is None:
        return time.in_zone(parsed, zones.source, zones.retailer)
    local = pl.repeat(None, len(written), dtype=pl.Datetime("us"), eager=True)
    for zone in moment_zones.unique().sort():
        moved = time.in_zone(parsed, zone, zones.retailer)
        here = pl.DataFrame({"zone": moment_zones, "moved": moved, "local": local})
        local = here.select(pl.when(pl.col("zone") == zone).then("moved").otherwise("local")).to_series()
    return local


def _accounts(written: pl.Series, zones: Zones) -> list[pl.Series]:
    """An account that is a phone number or an e-mail address, by its shape."""
    phones = normalized_phones(written, zones.currency)
    return [phones.alias("account_phone"), normalized_emails(written).alias("account_email")]


def _row_zones(text: pl.DataFrame, report: ReportDefinition, zones: Zones, cells: Cells) -> pl.Series | None:
    if "time_zone" not in text.columns:
        return None
    words = {fold_word(word): str(zone) for word, zone in report.values.get("time_zone", {}).items()}
    distinct = text["time_zone"].drop_nulls().unique().sort().to_list()
    known = {word: words.get(fold_word(word), word) for word in distinct}
    unknown = [word for word, zone in known.items() if zone not in available_timezones()]
    if unknown:
        counts = text["time_zone"].value_counts()
        cells.unknown_words["time_zone"] = {
            word: int(counts.filter(pl.col("time_zone") == word)["count"].sum()) for word in unknown
        }
    safe = {word: zones.source if word in unknown else zone for word, zone in known.items()}
    return text["time_zone"].replace_strict(
        list(safe), list(safe.values()), default=zones.source, return_dtype=pl.String
    )


def _sum(text: pl.DataFrame, layout: Layout, column: CanonicalColumn, cells: Cells) -> pl.Series:
    terms = sum_terms(text, column.name)
    parts = [money.scaled(text[term], money.FEN) for term in terms]
    for term, part in zip(terms, parts, strict=True):
        _refuse_number(column, text[term], part, cells)
    signs = layout.places[column.name].signs
    frame = pl.DataFrame(
        [(part * sign).alias(str(index)) for index, (part, sign) in enumerate(zip(parts, signs, strict=True))]
    )
    any_filled = pl.any_horizontal(pl.all().is_not_null())
    return frame.select(pl.when(any_filled).then(pl.sum_horizontal(pl.all()))).to_series()


def _truth(values: pl.Series, report: ReportDefinition, column: CanonicalColumn) -> pl.Series:
    if column.name in report.presence:
        return values.is_not_null()
    words = dict.fromkeys(TRUE_WORDS.split(), True) | dict.fromkeys(FALSE_WORDS.split(), False)
    own = {fold_word(word): str(value).lower() == "true" for word, value in report.values.get(column.name, {}).items()}
    return _translated(values, words | own, pl.Boolean())


def _enum(
    written: pl.Series, counted: pl.Series, report: ReportDefinition, column: CanonicalColumn, cells: Cells
) -> pl.Series:
    words = {word: word for word in column.words} | (GENDER_WORDS if column.raw == "gender" else {})
    words |= {fold_word(word): str(value) for word, value in report.values.get(column.name, {}).items()}
    values = _translated(written, words, pl.String())
    strange = written.filter(counted & values.is_null() & written.is_not_null())
    if column.stops and len(strange):
        counts = strange.value_counts().sort("count", strange.name, descending=[True, False])
        cells.unknown_words[column.name] = dict(counts.iter_rows())
    return values


def _translated(values: pl.Series, words: dict[str, str] | dict[str, bool], dtype: pl.DataType) -> pl.Series:
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return pl.repeat(None, len(values), dtype=dtype, eager=True)
    meaning = folded(distinct).replace_strict(list(words), list(words.values()), default=None, return_dtype=dtype)
    return values.replace_strict(distinct, meaning, default=None, return_dtype=dtype)


def _mapped(written: pl.Series, report: ReportDefinition, column: CanonicalColumn) -> pl.Series:
    words = report.values.get(column.name)
    if column.cell not in ("text", "currency") or not words or column.name == "time_zone":
        return written
    own = {fold_word(word): str(value) for word, value in words.items()}
    mapped = _translated(written, own, pl.String())
    return pl.DataFrame({"m": mapped, "w": written}).select(pl.coalesce("m", "w")).to_series()


def _judge(
    written: pl.Series, values: pl.Series, report: ReportDefinition, column: CanonicalColumn, cells: Cells
) -> None:
    is_required = column.required and column.name not in report.elsewhere
    if column.cell in ("money", "fine", "rate") and (is_required or column.name in NEEDED_IF_FILLED):
        _refuse_number(column, written, values, cells)
        if is_required and column.name != "paid_amount" and written.null_count():
            cells.refuse(column.name, written.is_null(), MONEY_FORMAT)
        return
    unreadable = _unreadable(written, values)
    if unreadable is None:
        pass
    elif column.cell in ("id", "currency") or (is_required and column.cell in WRONG):
        is_dated = column.cell in ("moment", "date")
        cells.refuse(column.name, unreadable, _date_rules(written, report) if is_dated else WRONG[column.cell])
    elif not column.stops:
        text = f"{column.name}: {COUNT} cells of no use (masked, spoilt or unreadable) left empty"
        cells.notes.append(Note(text, unreadable))
    if is_required and column.cell != "member" and written.null_count():
        cells.refuse(column.name, written.is_null(), MISSING[column.cell])


def _unreadable(written: pl.Series, values: pl.Series) -> pl.Series | None:
    """Rows whose filled cell became no value; None where there are none."""
    if not values.null_count() or written.null_count() == len(written):
        return None
    unreadable = written.is_not_null() & values.is_null()
    return unreadable if unreadable.any() else None


def _refuse_number(column: CanonicalColumn, written: pl.Series, values: pl.Series, cells: Cells) -> None:
    unreadable = _unreadable(written, values)
    if unreadable is not None:
        frame = pl.DataFrame({"number": money.is_number(written)})
        rules = frame.select(pl.when("number").then(pl.lit(MONEY_RANGE)).otherwise(pl.lit(MONEY_FORMAT))).to_series()
        cells.refuse(column.name, unreadable, rules)


def _date_rules(written: pl.Series, report: ReportDefinition) -> pl.Series:
    """Which of two is wrong: DATE_FORMAT, the cell is not written as the format says; DATE_RANGE, it tells no day."""
    frame = pl.DataFrame({"dated": time.is_well_formed(written, report.dates)})
    return frame.select(pl.when("dated").then(pl.lit("DATE_RANGE")).otherwise(pl.lit("DATE_FORMAT"))).to_series()


@lru_cache(maxsize=16_384)
def fold_word(word: str) -> str:
    """One word as it is compared with the words of a file."""
    return str(folded(pl.Series([word], dtype=pl.String)).item())
