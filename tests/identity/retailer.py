"""A retailer in a temporary folder: literal rows in, nights of the identity layer run, persons out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.clean.keys import KEY_TYPES, with_profile_key
from pipeline.engine import Engine
from pipeline.identity.night import IdentityNight
from pipeline.identity.steps import CLEAN_TABLES, IDENTITY_STEPS, PREVIOUS, PREVIOUS_TABLES, Step
from pipeline.identity_settings import IdentitySettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

SECRET = b"a key of thirty-two bytes length"
AS_OF = date(2026, 9, 30)
KINDS = {
    "member": "members", "order": "order_lines", "head": "order_heads", "event": "events", "ticket": "tickets",
    "contact": "campaign_contacts", "consent": "consents", "points": "points",
}  # fmt: skip
BLANK: dict[pl.DataType, Any] = {
    pl.String(): "x",
    pl.Int64(): 0,
    pl.Boolean(): False,
    pl.Date(): AS_OF,
    pl.Datetime("us"): datetime.combine(AS_OF, time(12)),
}
Row = Mapping[str, Any]


def clean_frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows of one clean table: what a row does not say is null or a blank, profile_key is worked out."""
    spec = TABLES[table]
    blank = {
        column.name: None if column.name in spec.nullable else BLANK.get(column.dtype, 0) for column in spec.columns
    }
    if table in {"clean_order_lines", "clean_order_heads"}:
        rows = [{"buyer_name": row.get("name"), **row} for row in rows]
    filled = [
        {**blank, "row_key": f"{number:06d}", **{name: row[name] for name in row if name in blank}}
        for number, row in enumerate(rows)
    ]
    for row in filled:
        if isinstance(row.get("birth_date"), str):
            row["birth_date"] = date.fromisoformat(row["birth_date"])
    schema = {name: dtype for name, dtype in spec.polars_schema.items() if name != "profile_key"}
    frame = pl.DataFrame([[row[name] for name in schema] for row in filled], schema=schema, orient="row", strict=False)
    return with_profile_key(frame, SECRET).select(spec.names)


@dataclass
class Retailer:
    """Runs nights one after the other; every night reads the one before."""

    folder: Path
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    decisions: pl.DataFrame = field(default_factory=TABLES["identity_decisions"].empty)
    model: str | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    nights: int = 0

    def frames(self, rows: Iterable[Row]) -> dict[str, pl.DataFrame]:
        """Clean tables by name; each row says its `kind`."""
        by_table: dict[str, list[Row]] = {name: [] for name in CLEAN_TABLES}
        for row in rows:
            by_table[f"clean_{KINDS[row['kind']]}"].append(row)
        return {name: clean_frame(name, found) for name, found in by_table.items()}

    def run(self, rows: Iterable[Row], as_of: date = AS_OF, until: str = "") -> "Retailer":
        """One night on these rows (and no others)."""
        return self.run_frames(self.frames(rows), as_of, until)

    def run_frames(self, frames: Mapping[str, pl.DataFrame], as_of: date = AS_OF, until: str = "") -> "Retailer":
        """One night on these clean tables, up to the table `until`."""
        folder = self.folder / f"night-{self.nights}"
        self.nights += 1
        previous = {PREVIOUS + name: self._previous(name, folder) for name in PREVIOUS_TABLES}
        clean = {name: write_table(TABLES[name], frame, folder / f"{name}.parquet") for name, frame in frames.items()}
        self.tables = {**clean, **previous}
        night = self.night(as_of)
        for step in steps_until(until):
            self.tables[step.table] = step(self.tables, night, folder)
        return self

    def night(self, as_of: date = AS_OF) -> IdentityNight:
        """What the steps are handed."""
        settings = Settings(retailer="示例零售", identity=self.identity)
        return IdentityNight(
            Engine(settings.engine, self.folder / "scratch"), settings, as_of, SECRET, self.decisions, self.model
        )

    def _previous(self, name: str, folder: Path) -> Table:
        empty = TABLES[name].empty()
        return self.tables.get(name) or write_table(TABLES[name], empty, folder / f"none-{name}.parquet")

    def read(self, table: str) -> pl.DataFrame:
        """All rows of one table of the last night."""
        return self.tables[table].read()

    def customer_of(self, row: Row) -> str:
        """The person that the profile of a literal row belongs to."""
        return self.customers([row])[0]

    def customers(self, rows: Sequence[Row]) -> list[str]:
        """The person of each literal row."""
        found = self.profile_of(*rows).join(
            self.read("customer_profiles"), on=["source", "profile_key"], how="left", maintain_order="left"
        )
        return found["customer_id"].to_list()

    def profile_of(self, *rows: Row) -> pl.DataFrame:
        """The source and profile_key of each literal row."""
        keys = pl.DataFrame(
            [[row["source"], *(row.get(key) for key in KEY_TYPES)] for row in rows],
            schema={"source": pl.String, **dict.fromkeys(KEY_TYPES, pl.String)},
            orient="row",
        )
        return with_profile_key(keys, SECRET).select("source", "profile_key")


def steps_until(last: str) -> list[Step]:
    """The steps up to one table; all where none is named."""
    names = [step.table for step in IDENTITY_STEPS]
    return list(IDENTITY_STEPS[: names.index(last) + 1 if last else None])
