"""Who really stands behind each profile and order of the sample: what the night's answer is measured by.

A profile is named by the same function as in the night, from values as its readers see them: normalised, and
nothing where an export shows a mask.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.clean.keys import KEY_TYPES, with_profile_key
from pipeline.samples.output import Output

TRAP_COLUMNS = ("person_id", "trap")


@dataclass
class Truth:
    """Collects profiles and traps; orders go to their file at once, they are too many to keep."""

    output: Output
    secret: bytes
    found: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    fallen: list[pl.DataFrame] = field(default_factory=list)
    order_count: int = 0

    def start(self) -> None:
        """Begin truth/order_persons.csv."""
        self.output.put("truth/order_persons.csv", b"source,order_id,person_id\n")

    def orders(self, source: str, orders: pl.DataFrame) -> None:
        """Take orders (order_id, person_id): also anonymous ones, whose buyer only the truth knows."""
        rows = orders.select(pl.lit(source).alias("source"), "order_id", "person_id")
        handle = os.open(self._order_file, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab") as file:
            file.write(rows.write_csv(include_header=False).encode())
        self.order_count += rows.height

    def profiles(self, source: str, rows: pl.DataFrame) -> None:
        """Take rows with any buyer keys and their person_id."""
        keys = [key for key in KEY_TYPES if key in rows.columns]
        keyed = rows.select(*keys, "person_id").filter(pl.any_horizontal(pl.col(keys).is_not_null()))
        self.found.setdefault(source, []).append(keyed.unique())

    def traps(self, trap: str, person_ids: pl.Series) -> None:
        """Take the persons who are in a trap."""
        self.fallen.append(pl.DataFrame({"person_id": person_ids, "trap": [trap] * len(person_ids)}))

    def finish(self) -> int:
        """Write truth/persons.csv and truth/traps.csv; gives the number of profiles."""
        parts = [self._named(source, frames) for source, frames in sorted(self.found.items())]
        persons = pl.concat(parts)
        self.output.put("truth/persons.csv", persons.write_csv().encode())
        nobody = pl.DataFrame(schema=dict.fromkeys(TRAP_COLUMNS, pl.String))
        traps = pl.concat([nobody, *self.fallen]).unique().sort(TRAP_COLUMNS)
        self.output.put("truth/traps.csv", traps.write_csv().encode())
        return persons.height

    def _named(self, source: str, frames: list[pl.DataFrame]) -> pl.DataFrame:
        named = with_profile_key(pl.concat(frames, how="diagonal").unique(), self.secret)
        rows = named.select(pl.lit(source).alias("source"), "profile_key", "person_id").unique()
        return rows.sort("profile_key", "person_id")

    @property
    def _order_file(self) -> Path:
        return self.output.root / "truth/order_persons.csv"
