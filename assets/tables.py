"""How a table becomes an asset: name and grain from its contract, columns in the UI, a blocking contract check.

A step of the pipeline states the lineage (its signature) and makes the table; all that Dagster adds is here.
"""

import errno
import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
import polars as pl

from pipeline.checks import violations
from pipeline.lake import Table
from pipeline.measuring import log_step
from pipeline.night import PREVIOUS, Night
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.tables import TableSpec

CONTRACT_CHECK = "contract"
TRANSIENT_ERRORS = frozenset({errno.EIO, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT, errno.EINTR})


@contextmanager
def retried() -> Iterator[None]:
    """Let Dagster try the step again where the disk or the network share only stumbled."""
    try:
        yield
    except OSError as error:
        if error.errno in TRANSIENT_ERRORS:
            raise dg.RetryRequested(max_retries=2, seconds_to_wait=5) from error
        raise


def column_schema(spec: TableSpec) -> dg.TableSchema:
    """The columns of a contract as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.name in spec.nullable, unique=spec.key == (column.name,)
                ),
            )
            for column in spec.columns
        ]
    )


def contract_spec(name: str) -> dg.AssetCheckSpec:
    """The blocking check that a table keeps its contract."""
    return dg.AssetCheckSpec(CONTRACT_CHECK, asset=name, blocking=True, description="Types, nulls, values and key.")


def table_spec(name: str, deps: list[str] | None = None) -> dg.AssetSpec:
    """A table of the catalogue as an asset spec."""
    spec = TABLES[name]
    return dg.AssetSpec(
        name,
        deps=deps or [],
        description=spec.grain,
        group_name=spec.layer,
        kinds={"parquet"},
        metadata={"dagster/column_schema": column_schema(spec)},
    )


def checked(table: Table, night: Night, seconds: float) -> dg.MaterializeResult:
    """The finished table with its row count and the result of its contract check."""
    found = violations(TABLES[table.name], table, night.engine)
    rows = table.scan().select(pl.len()).collect().item()
    log_step(table.name, rows, seconds)
    return dg.MaterializeResult(
        asset_key=table.name,
        metadata={"dagster/row_count": rows, "seconds": round(seconds, 2)},
        check_results=[
            dg.AssetCheckResult(
                passed=not found,
                asset_key=table.name,
                check_name=CONTRACT_CHECK,
                metadata={"violations": [str(violation) for violation in found]},
            )
        ],
    )


def function_asset(step: Callable[..., Table]) -> dg.AssetsDefinition:
    """Make an asset of a step: a function named like its table whose signature is its lineage.

    Parameters annotated `Table` are upstream tables, `previous_<table>` that of the last published night; keyword
    parameters are what the night has under that name, `path` where the table is to be written.
    """
    parameters = inspect.signature(step).parameters.values()
    inputs = [parameter.name for parameter in parameters if parameter.annotation is Table]
    needs = [parameter.name for parameter in parameters if parameter.annotation is not Table]

    def make(night: Night) -> Table:
        return step(*(night.input(name) for name in inputs), **night.handed(step.__name__, needs))

    upstream = [name for name in inputs if not name.startswith(PREVIOUS)]
    return step_asset(step.__name__, upstream, make)


def step_asset(name: str, inputs: Sequence[str], make: Callable[[Night], Table]) -> dg.AssetsDefinition:
    """Make an asset of a step that is data (a table's name, its upstream tables, how it is made)."""

    def materialize(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
        with night.reading(inputs):
            return made(lambda: make(night), night)

    asset: dg.AssetsDefinition = dg.asset(deps=list(inputs), **_asset_arguments(TABLES[name]))(materialize)
    return asset


def made(make: Callable[[], Table], night: Night) -> dg.MaterializeResult:
    """Make a table, again where the disk only stumbled, and check it."""
    start = time.perf_counter()
    with retried():
        table = make()
    return checked(table, night, time.perf_counter() - start)


def _asset_arguments(spec: TableSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "group_name": spec.layer,
        "description": spec.grain,
        "kinds": {"parquet"},
        "metadata": {"dagster/column_schema": column_schema(spec)},
        "check_specs": [contract_spec(spec.name)],
    }
