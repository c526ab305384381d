"""Tombstones: keyed hashes by which an erased person is known again, and nothing else about them.

`state/tombstones.jsonl` holds one JSON object a line: key_type, key_hash (as `profile_keys` has it), erased_on.
Besides the buyer keys that nobody else carries, the profiles and orders of the person are keys, each with its source:
for a profile that shares its phone with others, and for reports that name an order and no buyer. What happens to the
rows that they hit belongs to `pipeline.erasure.spool_copy`.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.clean.keys import KEY_TYPES, keyed_hash
from pipeline.errors import HuitouError
from pipeline.lake import write_bytes

FILE = "tombstones.jsonl"
ORDER, PROFILE = "order", "profile"
SEPARATOR = "|"
PERSON_COLUMNS = (*KEY_TYPES, "receiver_phone")
"""Columns of raw tables in which a person may be named by a key."""
SCHEMA = {"key_type": pl.String, "key_hash": pl.String, "erased_on": pl.String}


@dataclass(frozen=True)
class Tombstones:
    """The hashes of all erased persons' keys under the workspace's key."""

    hashes: frozenset[str]
    secret: bytes

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def rows_of(self, frame: pl.DataFrame, source: str) -> pl.Series:
        """Row numbers of one file's raw table whose buyer, receiver, profile or order is that of an erased person."""
        marks = [self.are_erased(frame[name]) for name in PERSON_COLUMNS if name in frame.columns]
        named = frame.with_columns(source=pl.lit(source))
        marks += [
            self.are_erased(named.select(scoped(name)).to_series())
            for name in ("order_id", "profile_key")
            if name in frame.columns
        ]
        mask = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
        for mark in marks:
            mask |= mark
        return frame["row_number"].filter(mask)

    def are_erased(self, values: pl.Series) -> pl.Series:
        """Whether each value is a key of an erased person."""
        return keyed_hash(values, self.secret).is_in(list(self.hashes)).fill_null(value=False)

    def fingerprint(self) -> str:
        """SHA-256 of the hashes: part of what a night is made from."""
        return hashlib.sha256("\n".join(sorted(self.hashes)).encode()).hexdigest()


def scoped(column: str) -> pl.Expr:
    """An order number or profile key with its source, within which alone it names anything."""
    return pl.concat_str("source", column, separator=SEPARATOR)


def read_tombstones(state: Path, secret: bytes) -> Tombstones:
    """All tombstones of a workspace. Raises HuitouError where the file cannot be read: then no night may run."""
    return Tombstones(frozenset(_rows(state)["key_hash"]), secret)


def _rows(state: Path) -> pl.DataFrame:
    path = state / FILE
    if not path.exists():
        return pl.DataFrame(schema=SCHEMA)
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return pl.DataFrame([{name: row[name] for name in SCHEMA} for row in rows], schema=SCHEMA)
    except (ValueError, KeyError, TypeError) as error:
        raise HuitouError(
            "cannot be read", where=f"state/{FILE}", remedy="Restore it from backup; without it the erased come back."
        ) from error


def add_tombstones(state: Path, keys: pl.DataFrame, erased_on: date) -> None:
    """Append keys (key_type, key_hash) that are not there yet; the file is replaced whole or not at all."""
    earlier = _rows(state)
    fresh = keys.select("key_type", "key_hash").unique().join(earlier, on="key_hash", how="anti")
    fresh = fresh.sort("key_type", "key_hash").with_columns(erased_on=pl.lit(erased_on.isoformat()))
    lines = [json.dumps(row, sort_keys=True) for row in pl.concat([earlier, fresh]).iter_rows(named=True)]
    write_bytes(state / FILE, "".join(f"{line}\n" for line in lines).encode())
