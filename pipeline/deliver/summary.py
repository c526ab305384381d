"""The summary of a published night in a few lines: what a shop owner reads before opening the report.

Totals alone, in the words of the report; groups too small to tell stay hidden, and nothing that looks like a contact
passes. How it travels belongs to `pipeline.deliver.mail` and `pipeline.deliver.webhook`, who gets it to
`pipeline.deliver.summaries`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2

from pipeline.deliver.webhook import cut, harmless
from pipeline.reports.customers import customers
from pipeline.reports.document import Grid, Section, Tile, Tiles
from pipeline.reports.folder import ReportNight
from pipeline.reports.quality import alarms
from pipeline.reports.sales import sales
from pipeline.reports.small_cells import alone
from pipeline.reports.source import Source, opened
from pipeline.reports.stores import PAGE
from pipeline.reports.wording import NOTHING, Words, words_of
from pipeline.yaml_files import read_yaml

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """One figure in words, and what it is compared with."""

    label: str
    value: str
    told: str = ""


@dataclass(frozen=True)
class Summary:
    """What goes out: the same for everybody. `page` is an address or a path."""

    words: Words
    subject: str
    alarms: Sequence[str]
    lines: Sequence[Line]
    page: str

    @property
    def is_link(self) -> bool:
        """Whether the page has an address that people can open."""
        return self.page.startswith(("http://", "https://"))

    def text(self) -> str:
        """As plain text."""
        told = [self.words("summary.line", label=line.label, value=self._value(line)) for line in self.lines]
        page = self.words("summary.line", label=self.words("summary.page"), value=self.page)
        return "\n".join([self.subject, *self.alarms, "", *told, "", page, self.words("summary.note"), ""])

    def short(self) -> str:
        """As text that every chat service takes; where it is too long, lines in the middle go, never the page."""
        lines = list(self.lines)
        while lines and len(replace(self, lines=lines).text()) != len(cut(replace(self, lines=lines).text())):
            lines.pop()
        return replace(self, lines=lines).text()

    def html(self) -> str:
        """As a page for mail programs: no script, no image, no address but that of the report."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("summary.html.j2").render(
            summary=self,
            locale=self.words.locale,
            page_label=self.words("summary.page"),
            note=self.words("summary.note"),
        )

    def _value(self, line: Line) -> str:
        return self.words("summary.joined", value=line.value, told=line.told) if line.told else line.value


def summary_of(night: ReportNight) -> Summary:
    """The summary of a sealed night."""
    settings = night.settings
    words = words_of(settings.locale, settings.currency, settings.privacy.small_cell)
    words = replace(words, texts={**words.texts, **read_yaml(HERE / "summary.yaml")})
    with opened(night.snapshot, settings, night.exports, night.engine) as source:
        lines, warned = list(_lines(source, words)), alarms(source, words)
    as_of = night.snapshot.as_of
    url = settings.delivery.summary.page_url.replace("{as_of}", as_of.isoformat())
    subject = words("summary.subject", retailer=settings.retailer, as_of=as_of, day=words.day(as_of))
    return Summary(
        words=words,
        subject=" ".join(harmless(subject).split()),
        alarms=[harmless(alarm) for alarm in warned],
        lines=[Line(*(harmless(part) for part in (line.label, line.value, line.told))) for line in lines],
        page=url or str(night.folder / PAGE),
    )


def _lines(source: Source, words: Words) -> Iterator[Line]:
    sold, came = sales(source, words), customers(source, words)
    yield from _day(sold, words)
    yield from _month(sold, words)
    yield from _balance(came, words)
    yield from _lists(source, words)
    yield _records(source, words)


def _day(section: Section, words: Words) -> Iterator[Line]:
    """The figures of the day beside target, last week and last year."""
    for block in section.blocks:
        if isinstance(block, Tiles):
            yield from (Line(tile.label, tile.value, _compared(tile, words)) for tile in block.tiles)


def _compared(tile: Tile, words: Words) -> str:
    known = [(what, change) for what, change in tile.told if change != NOTHING]
    told = [words("summary.compared", what=what, change=change) for what, change in known]
    if tile.label == words.name("metric", "refund_rate"):
        told.append(words("summary.refunds"))
    return words("summary.between").join(told)


def _grid(section: Section, name: str) -> Grid | None:
    return next((block for block in section.blocks if isinstance(block, Grid) and block.name == name), None)


def _month(section: Section, words: Words) -> Iterator[Line]:
    grid = _grid(section, "month")
    if grid is not None and grid.rows:
        row = dict(zip((column.header for column in grid.columns), grid.rows[0], strict=True))
        change = str(row[words("column.change")])
        told = words("summary.compared", what=words("summary.before"), change=change) if change != NOTHING else ""
        yield Line(words("summary.month"), words.told(row[words("column.value")]), told)


def _balance(section: Section, words: Words) -> Iterator[Line]:
    """Customers gained and lost in the shortest period that is known."""
    grid = _grid(section, "balance")
    if grid is not None and grid.rows:
        period, *counts = grid.rows[0]
        told = [
            f"{column.header} {words.cell(count, column)}"
            for count, column in zip(counts, grid.columns[1:], strict=True)
        ]
        yield Line(words("summary.balance", period=period), words("summary.between").join(told))


def _lists(source: Source, words: Words) -> Iterator[Line]:
    """How many lists lie ready for tools, and how long they are together."""
    ready = [entry["exported"] for entry in source.lists.get("exports", []) if entry["exported"]]
    if ready:
        rows = words.told(alone(sum(ready), words.small_cell), "count")
        yield Line(words("summary.lists"), words("summary.lists_of", count=len(ready), rows=rows))


def _records(source: Source, words: Words) -> Line:
    row = source.query("reports/accounted_rows.sql")[0]
    rows, rejected = (words.told(row[name], "count") for name in ("file_rows", "rejected_rows"))
    return Line(words("summary.records"), words("summary.records_of", rows=rows, rejected=rejected))
