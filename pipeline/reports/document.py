"""What a report is made of: sections of blocks, the same for page and workbook.

A block holds figures with their kinds, never markup (drawings apart) and never a customer. How a figure is written is
said by `wording`, how a block looks by the templates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from markupsafe import Markup

Kind = Literal["text", "count", "money", "rate", "index", "days", "number", "ratio", "date", "change"]


class Hidden:
    """A figure that is not told."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


HIDDEN = Hidden("HIDDEN")
"""Too small to tell."""
WITHHELD = Hidden("WITHHELD")
"""Part of a told total: too small, or one that would give a small one away; which of the two is not said."""


@dataclass(frozen=True)
class Figure:
    """A figure with a kind of its own, for columns whose rows differ."""

    value: int | float | Decimal | Hidden | None
    kind: Kind


Value = str | int | float | Decimal | date | Hidden | Figure | None


@dataclass(frozen=True)
class Column:
    """One column of a grid. `bar` draws the figures as bars too; `signed` shows a plus."""

    header: str
    kind: Kind = "text"
    signed: bool = False
    bar: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of figures, one sheet of the workbook."""

    block: ClassVar[str] = "grid"
    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    is_folded: bool = False
    """Shown on demand only."""


@dataclass(frozen=True)
class Heat:
    """A grid of counts whose shade follows the figure; rows and columns have names."""

    block: ClassVar[str] = "heat"
    grid: Grid
    levels: Sequence[Sequence[int]]
    """Shade 0-5 of every cell, in the order of the rows, without the first column."""
    below: str = ""


@dataclass(frozen=True)
class Drawing:
    """A chart, wide and narrow, with the figures behind it."""

    block: ClassVar[str] = "drawing"
    title: str
    says: str
    wide: Markup
    narrow: Markup
    grid: Grid
    legend: Sequence[tuple[str, str]] = ()
    """(mark, word) pairs."""


@dataclass(frozen=True)
class Tile:
    """One figure with what it is compared with. `tone` good, bad or plain colours the first comparison."""

    label: str
    value: str
    told: Sequence[tuple[str, str]] = ()
    """(what with, by how much)."""
    is_lead: bool = False
    share: float | None = None
    """Of a target: how much is reached, 0..1 and more."""


@dataclass(frozen=True)
class Tiles:
    """Figures side by side; the grid holds them for the workbook."""

    block: ClassVar[str] = "tiles"
    tiles: Sequence[Tile]
    grid: Grid


@dataclass(frozen=True)
class Note:
    """A sentence; `is_alarm` where a person must act."""

    block: ClassVar[str] = "note"
    text: str
    is_alarm: bool = False


@dataclass(frozen=True)
class Trait:
    """What distinguishes a segment: a value and its index, 100 = as everybody."""

    name: str
    share: str
    index: int


@dataclass(frozen=True)
class Portrait:
    """One segment as a person remembers it."""

    label: str
    name: str
    size: str
    share: str
    money_share: str
    figures: Sequence[tuple[str, str, str]]
    """(what, figure, the same of everybody)."""
    traits: Sequence[Trait]
    categories: Sequence[Trait]
    action: str
    rule: str
    is_open: bool = False
    needs: Sequence[str] = ()
    """Categories in which many members are due to buy again, with their share."""


@dataclass(frozen=True)
class Portraits:
    """Segments side by side; the grid holds all traits for the workbook."""

    block: ClassVar[str] = "portraits"
    portraits: Sequence[Portrait]
    grid: Grid


Block = Grid | Heat | Drawing | Tiles | Note | Portraits


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    name: str
    title: str
    lead: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """The whole report of one night."""

    title: str
    retailer: str
    as_of: date
    day_name: str
    snapshot_id: str
    locale: str
    sections: Sequence[Section]
    alarms: Sequence[str] = field(default_factory=tuple)
    place: str = ""
    """The store that the report is about; empty: the whole house."""
    privacy: str = ""
    """What is left out of this report, in a sentence."""

    def grids(self) -> list[Grid]:
        """Every table of figures in the order of the page."""
        blocks = [block for section in self.sections for block in section.blocks]
        return [grid for block in blocks if (grid := _grid_of(block)) is not None]


def _grid_of(block: Block) -> Grid | None:
    if isinstance(block, Grid):
        return block
    return None if isinstance(block, Note) else block.grid
