"""The clean layer: of all rows ever read, those that count tonight."""

import dagster as dg

from assets.tables import function_asset, step_asset
from pipeline.lake import Table
from pipeline.night import Night
from pipeline.schemas.raw import RAW_TABLES
from pipeline.trade import current_rows


def left_out_asset(kind: str) -> dg.AssetsDefinition:
    """`left_out_<kind>`: which rows do not count, and why."""
    inputs = (f"raw_{kind}", "mirrored_rows", "source_files")
    name = f"left_out_{kind}"

    def make(night: Night) -> Table:
        tables = [night.table(table) for table in inputs]
        return current_rows.left_out_rows(*tables, **night.handed(name, ("engine", "as_of", "path")))

    return step_asset(name, inputs, make)


def clean_asset(kind: str) -> dg.AssetsDefinition:
    """`clean_<kind>`: the rows that count."""
    raw, left_out, name = f"raw_{kind}", f"left_out_{kind}", f"clean_{kind}"

    def make(night: Night) -> Table:
        return current_rows.clean_rows(night.table(raw), night.table(left_out), path=night.path(name))

    return step_asset(name, (raw, left_out), make)


mirrored_rows = function_asset(current_rows.mirrored_rows)
left_out_assets = [left_out_asset(kind) for kind in RAW_TABLES]
clean_assets = [clean_asset(kind) for kind in RAW_TABLES]
