"""The raw layer: every landing file read once, and the ledger of files."""

import logging
import time
from collections.abc import Iterator

import dagster as dg

from assets.tables import checked, contract_spec, retried, table_spec
from pipeline.ingest import ingest, take_files, warnings_of
from pipeline.night import Night
from pipeline.schemas.raw import RAW_TABLES

log = logging.getLogger("huitou.raw")

NAMES = ["source_files", "rejected_rows", *(f"raw_{kind}" for kind in RAW_TABLES)]


@dg.multi_asset(
    name="ingest",
    specs=[table_spec(name) for name in NAMES],
    check_specs=[contract_spec(name) for name in NAMES],
)
def landing(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """Landing files to raw tables: new files are read, known ones are linked."""
    start = time.perf_counter()
    with retried():
        taken = take_files(night)
    for line in warnings_of(night, taken):
        log.warning("%s", line)
    with retried():
        tables = ingest(night, taken)
    for table in tables:
        yield checked(table, night, time.perf_counter() - start)
        start = time.perf_counter()
