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


def _specs(kind: str) -> list[dg.AssetSpec]:
    return [
        table_spec(f"left_out_{kind}", deps=sorted({f"raw_{kind}", *SHARED_INPUTS})),
        table_spec(f"clean_{kind}", deps=[f"raw_{kind}", f"left_out_{kind}"]),
    ]


def _clean_asset(kind: str) -> dg.AssetsDefinition:
    """One step for the rows of a kind of source: what is left out, and why, and what stays."""

    @dg.multi_asset(
        name=f"current_{kind}",
        specs=_specs(kind),
        check_specs=[contract_spec(spec.key.path[0]) for spec in _specs(kind)],
        description="Which rows of one kind of source do not count and why, and the rows that do.",
    )
    def clean_tables(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
        yield made(partial(_left_out, kind, night), night)
        yield made(partial(_clean, kind, night), night)

    asset: dg.AssetsDefinition = clean_tables
    return asset


def _left_out(kind: str, night: Night) -> Table:
    inputs = [night.table(name) for name in (f"raw_{kind}", *SHARED_INPUTS)]
    return current_rows.left_out_rows(*inputs, **night.handed(f"left_out_{kind}", ("engine", "as_of", "path")))


def _clean(kind: str, night: Night) -> Table:
    name = f"clean_{kind}"
    raw, left_out = night.table(f"raw_{kind}"), night.table(f"left_out_{kind}")
    earlier = _earlier(kind, night)
    table = current_rows.clean_rows(raw, left_out, path=night.path(name), earlier=earlier)
    if night.current is not None and earlier is not None:
        night.file_hashes |= night.current.hashes_of_linked(table)
    return table


def _earlier(kind: str, night: Night) -> current_rows.Kept | None:
    """What the night that counts so far read, left out and kept; None where another program made it."""
    current = night.current
    if current is None or current.manifest.code_hash != night.plan.code_hash:
        return None
    return current_rows.Kept(*(current.table(f"{prefix}_{kind}") for prefix in ("raw", "left_out", "clean")))


clean_assets = [_clean_asset(kind) for kind in RAW_TABLES]
