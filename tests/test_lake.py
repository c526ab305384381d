"""Tables on disk: equal rows are equal bytes."""

from pathlib import Path

import polars as pl

from pipeline.lake import file_sha256, write_table
from pipeline.schemas.catalog import TABLES


def test_order_of_rows_changes_no_byte_even_of_tables_of_many_blocks(tmp_path: Path) -> None:
    spec = TABLES["former_profiles"]
    number = pl.int_range(300_000, eager=True)
    texts = {name: (number * 7919 % 300_007).cast(pl.String) for name in ("source", "profile_key", "customer_id")}
    rows = pl.DataFrame(texts).with_columns(lost_on=pl.date(2026, 9, 30))
    paths = [tmp_path / f"{seed}.parquet" for seed in range(3)]
    for seed, path in enumerate(paths):
        write_table(spec, rows.sample(fraction=1, shuffle=True, seed=seed), path)
    assert len({file_sha256(path) for path in paths}) == 1
