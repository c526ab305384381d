"""What one table is read under: the source, its format, zones, money, key. No cells, no results."""

from dataclasses import dataclass

import polars as pl

from pipeline.formats.cells import Zones
from pipeline.formats.definition import FormatDefinition
from pipeline.formats.detect import Layout
from pipeline.settings import SourceSettings


@dataclass(frozen=True)
class ParseContext:
    """Everything besides the bytes that the result of parsing depends on."""

    source: SourceSettings
    format: FormatDefinition
    timezone: str
    """The retailer's zone, to which every moment is brought."""
    currency: str
    """The retailer's currency: what amounts are in unless the source or a column says otherwise."""
    secret: bytes
    file_sha: str
    keep_address: bool
    """Reserved: the raw tables have no column for an address, so it is dropped in any case."""

    @property
    def zones(self) -> Zones:
        """Zones of the file, and the currency that tells whose phone numbers these are."""
        source = self.source.timezone or self.format.timezone or self.timezone
        return Zones(source, self.timezone, self.money)

    @property
    def money(self) -> str:
        """Currency of amounts that do not name theirs."""
        return self.source.currency or self.format.currency or self.currency

    @property
    def mending_file(self) -> str:
        """The file that a person edits to teach this format something new."""
        return f"formats/{self.format.name}.yaml"

    @property
    def how_to_mend(self) -> str:
        """How an addition to the format begins in that file."""
        return (
            f"{self.mending_file} (beginning with `extends: {self.format.name}`)"
            if self.format.builtin
            else self.mending_file
        )


@dataclass(frozen=True)
class Job:
    """One table to be read: its context and its layout."""

    context: ParseContext
    layout: Layout

    @property
    def source(self) -> SourceSettings:
        """The source that the file came from."""
        return self.context.source

    @property
    def channel(self) -> str:
        """The channel of rows that name none."""
        return self.context.format.channel or self.context.source.name

    @property
    def currency_expr(self) -> pl.Expr:
        """The currency of each row."""
        return pl.coalesce("currency", pl.lit(self.context.money))
