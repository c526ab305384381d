"""The clean layer: of all rows ever read, those that count tonight."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from assets.tables import contract_spec, function_asset, made, table_spec
from pipeline.lake import Table
from pipeline.night import Night
from pipeline.schemas.raw import RAW_TABLES
from pipeline.trade import current_rows

mirrored_rows = function_asset(current_rows.mirrored_rows)

SHARED_INPUTS = ("raw_order_heads", "mirrored_rows", "source_files")
NAMES = [f"{prefix}_{kind}" for kind in RAW_TABLES for prefix in ("left_out", "clean")]


def _specs(kind: str) -> list[dg.AssetSpec]:
    return [
        table_spec(f"left_out_{kind}", deps=sorted({f"raw_{kind}", *SHARED_INPUTS})),
        table_spec(f"clean_{kind}", deps=[f"raw_{kind}", f"left_out_{kind}"]),
    ]


@dg.multi_asset(
    name="current_rows",
    specs=[spec for kind in RAW_TABLES for spec in _specs(kind)],
    check_specs=[contract_spec(name) for name in NAMES],
)
def clean_tables(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """Per kind of source: which rows do not count and why, and the rows that do."""
    for kind in RAW_TABLES:
        yield made(partial(_left_out, kind, night), night)
        yield made(partial(_clean, kind, night), night)


def _left_out(kind: str, night: Night) -> Table:
    inputs = [night.table(name) for name in (f"raw_{kind}", *SHARED_INPUTS)]
    return current_rows.left_out_rows(*inputs, **night.handed(f"left_out_{kind}", ("engine", "as_of", "path")))


def _clean(kind: str, night: Night) -> Table:
    raw, left_out = night.table(f"raw_{kind}"), night.table(f"left_out_{kind}")
    return current_rows.clean_rows(raw, left_out, path=night.path(f"clean_{kind}"))
