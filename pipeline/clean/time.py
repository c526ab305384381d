"""Moments and days as exports write them, in the retailer's zone.

Year first is always understood; day first or month first only where the format says so, because `01/02/2026`
does not tell. A value that names its zone is converted from it, one that does not from the zone of its
source, and a date without a time is never shifted.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipeline.clean.text import half_width

DateOrder = Literal["ymd", "dmy", "mdy"]

FIRST_YEAR, LAST_YEAR = 1990, 2100
FIRST_YEAR_OF_DAYS = 1900
EXCEL_EPOCH = pl.datetime(1899, 12, 30)
SECONDS_A_DAY = 86_400

ZONE = r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
CHINESE_DAY = r"^(\d{4})年(\d{1,2})月(\d{1,2})日?\s*"
CHINESE_TIME = r"(\d{1,2})[时点](\d{1,2})分(?:(\d{1,2})秒?)?$"
YEAR_FIRST = r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})"
YEAR_LAST = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
SHORT_YEAR_LAST = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{2})\b"
JAVA = r"^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:CST )?(\d{4})$"
COMPACT_DAY = r"^(\d{4})(\d{2})(\d{2})\s+(\d{1,2}:)"
EXCEL = r"^(\d{5})(\.\d+)?$"
CALENDAR_DIGITS = r"^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
USUAL = (
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$", "%Y-%m-%d %H:%M:%S"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d"),
)
"""Spellings of whole columns that need no repair and have no zone: most columns, and the quickest to read."""

_DAY, _CLOCK = r"\d{4}-\d{1,2}-\d{1,2}", r"(?:[01]?\d|2[0-3]):[0-5]\d"
FORMS = (
    (rf"^{_DAY} {_CLOCK}:[0-5]\d(?:\.\d{{1,9}})?$", "%Y-%m-%d %H:%M:%S%.f"),
    (rf"^{_DAY} {_CLOCK}$", "%Y-%m-%d %H:%M"),
    (rf"^{_DAY}$", "%Y-%m-%d"),
    (rf"^{_DAY} (?:0?[1-9]|1[0-2]):[0-5]\d:[0-5]\d ?[AP]M$", "%Y-%m-%d %I:%M:%S %p"),
    (rf"^{_DAY} (?:0?[1-9]|1[0-2]):[0-5]\d ?[AP]M$", "%Y-%m-%d %I:%M %p"),
    (r"^\d{4} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2}$", "%Y %b %d %H:%M:%S"),
    (r"^\d{8}$", "%Y%m%d"),
    (r"^\d{14}$", "%Y%m%d%H%M%S"),
    (r"^\d{12}$", "%Y%m%d%H%M"),
)
"""Grammar and format of every spelling that is left after `_spelling`; the grammar keeps the parser strict."""


@dataclass(frozen=True)
class Moments:
    """Moments as written, and the offset from UTC in minutes where the text names one."""

    at: pl.Series
    offset_minutes: pl.Series


def moments(values: pl.Series, order: DateOrder = "ymd", first_year: int = FIRST_YEAR) -> Moments:
    """Timestamps as written (no zone applied), null where the text is no moment of `first_year` to 2100."""
    found, offset = _usual(values)
    if found is None:
        found, offset = _mixed(values, order)
    first, behind = pl.datetime(first_year, 1, 1), pl.datetime(LAST_YEAR + 1, 1, 1)
    in_range = pl.col("at").is_between(first, behind, closed="left")
    return Moments(found.to_frame("at").select(pl.when(in_range).then("at")).to_series(), offset)


def _usual(values: pl.Series) -> tuple[pl.Series | None, pl.Series]:
    """Moments of a column that is written in one of the usual spellings throughout; None where it is not."""
    offset = pl.repeat(None, len(values), dtype=pl.Int64, eager=True)
    for grammar, form in USUAL:
        if values.str.contains(grammar).all():
            return values.str.to_datetime(form, strict=False, time_unit="us", cache=False), offset
    return None, offset


def _mixed(values: pl.Series, order: DateOrder) -> tuple[pl.Series, pl.Series]:
    """Moments of any other column: cells in the most usual spelling at once, and only the others by every spelling."""
    grammar, form = USUAL[0]
    frame = pl.DataFrame({"text": values, "usual": values.str.contains(grammar)})
    others = frame.with_row_index("row").filter(~pl.col("usual"))
    found, offset = _unusual(others["text"], order)
    usual = frame.select(pl.when("usual").then("text")).to_series()
    at = usual.str.to_datetime(form, strict=False, time_unit="us", cache=False)
    no_offset = pl.repeat(None, len(values), dtype=pl.Int64, eager=True)
    return at.scatter(others["row"], found), no_offset.scatter(others["row"], offset)


def _unusual(values: pl.Series, order: DateOrder) -> tuple[pl.Series, pl.Series]:
    """Moments of cells in all kinds of spellings, each tried in its turn."""
    text, offset = _without_zone(half_width(values))
    text = _spelling(text, order)
    found = pl.repeat(None, len(text), dtype=pl.Datetime("us"), eager=True)
    for grammar, form in FORMS:
        if found.null_count() == text.null_count():
            break
        found = _filled(found, text, grammar, form)
    return _excel(text, found), offset


def days(values: pl.Series, order: DateOrder = "ymd") -> pl.Series:
    """Dates from 1900 on, for people were born long before tills; a time of day is dropped, a zone not applied."""
    return moments(values, order, FIRST_YEAR_OF_DAYS).at.dt.date()


def in_zone(parsed: Moments, source_zone: str, zone: str) -> pl.Series:
    """Moments as local time of `zone`.

    Dates without any time of day stay the day they are: a column in which every value is midnight is a
    column of dates. The hour that a clock skips in spring is read as the hour after it.
    """
    frame = pl.DataFrame({"at": parsed.at, "offset": parsed.offset_minutes})
    local = pl.col("at")
    if source_zone != zone and not is_dates_only(parsed.at):
        local = _moved(_anchored(local, source_zone), zone)
    if parsed.offset_minutes.null_count() == len(parsed.offset_minutes):
        return frame.select(local).to_series()
    utc = (pl.col("at") - pl.duration(minutes="offset")).dt.replace_time_zone("UTC")
    named = pl.when(pl.col("offset").is_not_null()).then(_moved(utc, zone)).otherwise(local)
    return frame.select(named.alias("at")).to_series()


def is_dates_only(at: pl.Series) -> bool:
    """Whether no value of a column has a time of day."""
    return not (at.dt.truncate("1d") != at).any()


def is_well_formed(values: pl.Series, order: DateOrder = "ymd") -> pl.Series:
    """Whether a text that could not be read is written as the format says: then its value is what is wrong.

    A day that would be one in the other order (`25/12/2026` where the month stands first) is written otherwise, and
    so are digits without separators whose month or day is none: those may be any number.
    """
    plain = _without_zone(half_width(values))[0]
    text = _spelling(plain, order)
    grammars = "|".join([*(grammar for grammar, _ in FORMS), EXCEL])
    fits = pl.col("text").str.contains(grammars)
    if order != "ymd":
        other = pl.col("text").str.contains(r"^\d{4}-(?:1[3-9]|[2-9]\d)-(?:0?[1-9]|1[0-2])(?:\D|$)")
        last = pl.col("plain").str.contains(f"{YEAR_LAST}|{SHORT_YEAR_LAST}")
        fits &= ~(other & last)
    digits = pl.col("text").str.contains(r"^\d{8,}$") & ~pl.col("text").str.contains(CALENDAR_DIGITS)
    return pl.DataFrame({"text": text, "plain": plain}).select((fits & ~digits).alias("fits")).to_series()


def _filled(found: pl.Series, text: pl.Series, grammar: str, form: str) -> pl.Series:
    fits = found.is_null() & text.str.contains(grammar)
    if not fits.any():
        return found
    frame = pl.DataFrame({"text": text, "found": found, "fits": fits})
    spelled: pl.Expr = pl.when("fits").then("text")
    if form.endswith("%p"):
        spelled = spelled.str.replace(r" ?([AP]M)$", " $1")
    parsed = spelled.str.to_datetime(form, strict=False, time_unit="us")
    return frame.select(pl.coalesce(parsed, "found")).to_series()


def _anchored(local: pl.Expr, zone: str) -> pl.Expr:
    existing = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    later = (local + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(existing, later)


def _moved(moment: pl.Expr, zone: str) -> pl.Expr:
    return moment.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _without_zone(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    has_zone = text.str.contains(rf":\d{{2}}(?:\.\d+)?{ZONE}")
    if not has_zone.any():
        return text, pl.repeat(None, len(text), dtype=pl.Int64, eager=True)
    frame = pl.DataFrame({"t": text, "has": has_zone})
    named = pl.when("has").then(pl.col("t").str.extract(ZONE)).str.replace(r"^(?:Z|UTC|GMT)$", "+0000")
    digits = named.str.replace(":", "", literal=True)
    size = digits.str.slice(1, 2).cast(pl.Int64) * 60 + digits.str.slice(3, 2).cast(pl.Int64)
    minutes = pl.when(digits.str.starts_with("-")).then(-size).otherwise(size)
    bare = pl.when("has").then(pl.col("t").str.replace(ZONE, "")).otherwise("t")
    split = frame.select(text=bare, offset=minutes)
    return split["text"], split["offset"]


def _spelling(text: pl.Series, order: DateOrder) -> pl.Series:
    if text.str.contains("年", literal=True).any():
        text = text.str.replace(CHINESE_DAY, "$1-$2-$3 ").str.replace(CHINESE_TIME, "$1:$2:$3")
        text = text.str.strip_chars(": ")
    if text.str.contains(r"^[A-Z][a-z]{2} ").any():
        text = text.str.replace(JAVA, "$4 $1 $2 $3")
    if text.str.contains(YEAR_FIRST).any():
        text = text.str.replace(YEAR_FIRST, "$1-$2-$3")
    if text.str.contains("T", literal=True).any():
        text = text.str.replace(r"^(\d{4}-\d{1,2}-\d{1,2})T", "$1 ")
    if order != "ymd":
        day_month = "$2-$1" if order == "dmy" else "$1-$2"
        text = text.str.replace(YEAR_LAST, "${3}-" + day_month)
        text = text.str.replace(SHORT_YEAR_LAST, "20${3}-" + day_month)
    return text.str.replace(COMPACT_DAY, "$1-$2-$3 $4")


def _excel(text: pl.Series, found: pl.Series) -> pl.Series:
    is_serial = text.str.contains(EXCEL)
    if not is_serial.any():
        return found
    frame = pl.DataFrame({"t": text, "f": found, "s": is_serial})
    serial = pl.when("s").then("t").cast(pl.Float64, strict=False)
    seconds = (serial * SECONDS_A_DAY).round().cast(pl.Int64)
    return frame.select(pl.coalesce("f", EXCEL_EPOCH + pl.duration(seconds=seconds))).to_series()
