"""Tables on disk against their contracts, at any size: what footers prove, one pass for the rest, one over the keys.

A small table that is proven in memory needs no more; of one that is not, pandera tells what is broken
(`pipeline.schemas.frames`). What must hold between tables belongs to `pipeline.deliver.audit`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipeline.engine import Engine, quoted
from pipeline.footers import unproven_rules
from pipeline.lake import Table
from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.contracts import Rule, RuleName, Violation, is_kept, rules, schema_violations
from pipeline.schemas.tables import TableSpec

SMALL_ROWS = 200_000
_PROVEN: set[tuple[object, ...]] = set()
"""Files that this process has read, and the columns or the rules of rows that they were found to keep."""


def violations(spec: TableSpec, table: Table, engine: Engine) -> list[Violation]:
    """Every broken promise of a Parquet table, sorted; an empty list means that the contract holds."""
    found = sorted({violation for path in table.paths for violation in _schema_violations(spec, path)})
    if found:
        return found
    if table.scan().select(pl.len()).collect().item() < SMALL_ROWS:
        rows = table.read()
        return [] if is_kept(spec, rows) else _told_by_pandera(spec, rows)
    return stored_violations(spec, table, engine)


def _told_by_pandera(spec: TableSpec, rows: pl.DataFrame) -> list[Violation]:
    from pipeline.schemas.frames import frame_violations  # noqa: PLC0415 (a second to load, and seldom needed)

    return frame_violations(spec, rows)


def _schema_violations(spec: TableSpec, path: Path) -> list[Violation]:
    proof = (*_identity(path), tuple(spec.polars_schema.items()))
    if proof in _PROVEN:
        return []
    found = schema_violations(spec, pl.scan_parquet(path, glob=False).collect_schema())
    if not found:
        _PROVEN.add(proof)
    return found


def stored_violations(spec: TableSpec, table: Table, engine: Engine) -> list[Violation]:
    """The same by the engine, in bounded memory; the columns must already be those of the contract.

    Files that were found to keep the same rules under another name (parts are files of several tables) are not
    read again for them; keys always are.
    """
    kept = tuple(_fault(rule) for rule in rules(spec))
    proofs = {path: (*_identity(path), kept) for path in table.paths}
    unproven = replace(table, paths=tuple(path for path, proof in proofs.items() if proof not in _PROVEN))
    with engine.session() as connection:
        broken = list(_broken_rules(spec, table, unproven, connection)) if unproven.paths else []
        found = [*broken, *_repeated_keys(spec, table, connection)]
    if not broken:
        _PROVEN.update(proofs.values())
    return sorted(found)


def _identity(path: Path) -> tuple[int, int, int, int]:
    """Which bytes a file name stands for: equal for hard links, another one for every file that was ever changed."""
    state = path.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _broken_rules(
    spec: TableSpec, table: Table, unproven: Table, connection: duckdb.DuckDBPyConnection
) -> Iterator[Violation]:
    promised = unproven_rules(rules(spec), unproven.paths)
    if not promised:
        return
    counts = ", ".join(f"count_if({_fault(rule)})" for rule in promised)
    row = connection.execute(f"select {counts} from {_rows(unproven)}").fetchone()  # noqa: S608
    for rule, count in zip(promised, row or (), strict=True):
        if count:
            first = _first_row(table, _fault(rule), connection)
            yield Violation(spec.name, rule.column.name, rule.name, count, first)


def _repeated_keys(spec: TableSpec, table: Table, connection: duckdb.DuckDBPyConnection) -> Iterator[Violation]:
    """Equal keys have equal hashes, so only rows whose hash occurs again are compared: of sound tables hardly any."""
    key = ", ".join(f'"{name}"' for name in spec.key)
    rows = _rows(table)
    again = _repeated_hashes(f"select hash({key}) as key_hash from {rows}", connection)  # noqa: S608
    if not again:
        return
    connection.execute(
        f"create or replace temp table repeated as select {key}, count(*) as times from {rows}"  # noqa: S608
        f" where hash({key}) in (select unnest($again)) group by all having count(*) > 1",
        {"again": again},
    )
    count = (connection.execute("select cast(coalesce(sum(times), 0) as bigint) from repeated").fetchone() or (0,))[0]
    if count:
        among = f"({key}) in (select ({key}) from repeated)"  # noqa: S608
        yield Violation(spec.name, "", "unique", count, _first_row(table, among, connection))


def _repeated_hashes(query: str, connection: duckdb.DuckDBPyConnection) -> list[int]:
    """The hashes that occur more than once. Sorting numbers takes a tenth of the time of counting distinct ones."""
    hashes = connection.execute(query).fetchnumpy()["key_hash"]
    hashes.sort()
    again: list[int] = np.unique(hashes[1:][hashes[1:] == hashes[:-1]]).tolist()
    return again


def _fault(rule: Rule) -> str:
    """The condition of a row that breaks the rule; null where another rule speaks of nulls."""
    column, name = rule.column, f'"{rule.column.name}"'
    conditions: dict[RuleName, str] = {
        "null": f"{name} is null or isnan({name})" if column.dtype == pl.Float64() else f"{name} is null",
        "allowed": f"{name} not in ({', '.join(map(quoted, column.allowed))})",
        "minimum": f"{name} < {_limit(column.minimum, column)}",
        "maximum": f"{name} > {_limit(column.maximum, column)}",
        "finite": f"not isfinite({name})",
    }
    return conditions[rule.name]


def _limit(limit: int | None, column: ColumnSpec) -> str:
    return f"cast({limit} as double)" if column.dtype == pl.Float64() else str(limit)


def _rows(table: Table) -> str:
    files = ", ".join(quoted(str(path)) for path in table.paths)
    return f"read_parquet([{files}], file_row_number = true, filename = true)"


def _first_row(table: Table, condition: str, connection: duckdb.DuckDBPyConnection) -> int:
    """The 1-based place, over all files in their order, of the first row that meets the condition."""
    lengths = [int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()) for path in table.paths]
    starts = dict(zip(map(str, table.paths), accumulate(lengths, initial=0), strict=False))
    # A filter of the aggregate, not a where: pushed into Parquet, `isnan` is answered from statistics without NaN.
    first = f"min(file_row_number) filter (where {condition})"
    found = connection.execute(f"select filename, {first} from {_rows(table)} group by filename").fetchall()  # noqa: S608
    return min(starts[name] + int(number) + 1 for name, number in found if number is not None)
