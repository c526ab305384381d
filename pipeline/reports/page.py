"""The report as one HTML page that needs nothing else: no script, no font, no network.

The policy in its head allows the one style sheet by its hash and nothing more.
"""

import base64
import hashlib
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.reports.document import Block, Figure, Grid, Report, Value
from pipeline.reports.drawing import tag
from pipeline.reports.wording import Words

HERE = Path(__file__).parent
BAR_WIDTH, METER_WIDTH = 60, 420
HIGHEST_INDEX = 200
"""Indexes are drawn up to this; the figure beside the bar is always the true one."""


def page(report: Report, words: Words, made_from: str) -> bytes:
    """The page. `made_from` names what it was made from, so that a later run can tell whether it is current."""
    style = (HERE / "style.css").read_text(encoding="utf-8")
    told = _template().render(
        report=report,
        words=words,
        made_from=made_from,
        style=Markup(style),  # noqa: S704 (a file of this package)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    return told.encode()


@lru_cache
def _template() -> jinja2.Template:
    """The compiled templates; made once for all pages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "bar_of": bar_of, "index_bar": index_bar, "is_numeric": is_numeric, "meter": meter, "runs": runs,
    }  # fmt: skip
    return environment.get_template("report.html.j2")


def runs(blocks: list[Block]) -> list[list[Block]]:
    """Blocks in their order; neighbours that are both heats stand side by side."""
    return [list(group) for _, group in groupby(blocks, key=lambda block: block.block == "heat")]


def is_numeric(grid: Grid, place: int) -> bool:
    """Whether a column is set to the right: by its kind, or because it holds figures of kinds of their own."""
    column = grid.columns[place]
    return column.kind not in ("text", "date") or any(isinstance(row[place], Figure) for row in grid.rows)


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def bar_of(grid: Grid, value: Value, place: int) -> Markup:
    """The bar of a cell beside the largest of its column."""
    number = _number(value)
    most = max((abs(known) for row in grid.rows if (known := _number(row[place])) is not None), default=0.0)
    return _bar(abs(number) / most if number and most else 0.0)


def _bar(share: float) -> Markup:
    return _small("data-bar", BAR_WIDTH, tag("rect", x=0, y=0, width=BAR_WIDTH * share, height=8, rx=1))


def index_bar(index: int) -> Markup:
    """An index as a bar from 100 to both sides."""
    middle = BAR_WIDTH * 100 / HIGHEST_INDEX
    end = BAR_WIDTH * min(index, HIGHEST_INDEX) / HIGHEST_INDEX
    name = "more" if index >= 100 else "less"
    rect = tag("rect", x=min(middle, end), y=0, width=abs(end - middle), height=8, class_=name)
    return _small("data-bar", BAR_WIDTH, rect + tag("line", x1=middle, x2=middle, y1=0, y2=8))


def meter(share: float) -> Markup:
    """How much of a target is reached."""
    reached = METER_WIDTH * min(max(share, 0.0), 1.0)
    track = tag("rect", x=0, y=0, width=METER_WIDTH, height=8, rx=4, class_="track")
    return _small(
        "meter-bar", METER_WIDTH, track + tag("rect", x=0, y=0, width=reached, height=8, rx=4, class_="reached")
    )


def _small(name: str, width: int, parts: str) -> Markup:
    head = (
        f'<svg class="{name}" viewBox="0 0 {width} 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    )
    return Markup(f"{head}{parts}</svg>")  # noqa: S704 (numbers alone)
