"""What must hold between the tables of a night before it may count: one promise, one file of `sql/audits`.

A file selects `fault_count`; its header is the promise in words. What must hold within one table is said by its
contract (`pipeline.checks`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.deliver.sql_headers import header
from pipeline.engine import SQL_ROOT, Engine, register, sql_text, used
from pipeline.lake import Table

FOLDER = "audits"


@dataclass(frozen=True)
class Promise:
    """One promise about a night: its name, its sentence, and the tables that it reads."""

    name: str
    sentence: str
    reads: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file that counts what breaks it."""
        return f"{FOLDER}/{self.name}.sql"


def promises() -> list[Promise]:
    """All promises, by name."""
    names = sorted(path.stem for path in (SQL_ROOT / FOLDER).glob("*.sql"))
    heads = [header(sql_text(f"{FOLDER}/{name}.sql")) for name in names]
    return [Promise(name, head.text, head.reads) for name, head in zip(names, heads, strict=True)]


def audit(tables: Mapping[str, Table], engine: Engine, *, as_of: date) -> list[str]:
    """Every broken promise in words, with the number of its faults; an empty list lets the night count.

    Needs every table that a promise reads; no value of a row is told.
    """
    return [f"{promise.sentence} ({promise.name}: {count})" for promise, count in faults(tables, engine, as_of)]


def faults(tables: Mapping[str, Table], engine: Engine, as_of: date) -> Iterator[tuple[Promise, int]]:
    """The broken promises and how often each is broken."""
    with engine.session() as connection:
        for promise in promises():
            query = sql_text(promise.file)
            register(connection, [tables[name] for name in promise.reads])
            row = connection.execute(query, used(query, {"as_of": as_of})).fetchone()
            if row is None or row[0] != 0:
                yield promise, row[0] if row else 1
