"""Seconds and peak memory of the deterministic kernel alone: from the keys of records to the persons that they tie.

    python benchmarks/identity_keys.py [--records 20000000] [--keep FOLDER]

Writes invented records with a card, a unionid, a phone and an e-mail, each known for some; then, in a process of its
own, reads them, draws edges from the least record of every shared key to each other one, and labels the components.
Names, guards, evidence and dates are left out: what they cost is told by benchmarks/identity.py. Goal: 20 s and 1.5 GB
for 20M records.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from identity_shop import apart

from pipeline.identity.links import components
from pipeline.identity.shared_keys import shared_places
from pipeline.measuring import peak_mib

PART = 2_500_000
"""Records of one file."""
RECORDS_A_PERSON = 2.25
KNOWN = {"member_no": 0.45, "unionid": 0.25, "phone": 0.6, "email": 0.15}
"""Share of records that tell each key."""
SEED = 7


def written(records: int, folder: Path) -> list[Path]:
    """Files of records; every key belongs to one person."""
    rng = np.random.default_rng(SEED)
    persons = int(records / RECORDS_A_PERSON)
    paths = []
    for begin in range(0, records, PART):
        size = min(PART, records - begin)
        person = pl.Series("person", rng.integers(0, persons, size))
        known = {name: pl.Series(rng.random(size) < share) for name, share in KNOWN.items()}
        texts = {
            "member_no": pl.concat_str(pl.lit("M"), pl.col("person")),
            "unionid": pl.concat_str(pl.lit("oU"), pl.col("person") * 7_919),
            "phone": (13_000_000_000 + pl.col("person") * 773 % 6_999_999_999).cast(pl.String),
            "email": pl.concat_str(pl.lit("user"), pl.col("person"), pl.lit("@example.com")),
        }
        columns = {name: pl.when(known[name]).then(text) for name, text in texts.items()}
        paths.append(folder / f"{begin:012}.parquet")
        person.to_frame().select(**columns).write_parquet(paths[-1], compression="zstd", compression_level=1)
    return paths


def measured(paths: list[Path]) -> None:
    """Label the records of files and print what it took."""
    started, used = time.perf_counter(), time.process_time()
    records = pl.scan_parquet(paths)
    edges = pl.concat([_edges(records, name) for name in KNOWN])
    drawn = time.perf_counter() - started
    count = records.select(pl.len()).collect().item()
    labels = components(count, edges)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    print(
        f"{count:,} records, {edges.height:,} edges, {labels.max() + 1:,} persons: {seconds:.1f} s"
        f" ({drawn:.1f} s for the edges), {used:.1f} s of processors, peak {peak_mib():,} MiB"
    )


def _edges(records: pl.LazyFrame, name: str) -> pl.DataFrame:
    """From the least record of every key to each other one."""
    told = records.select(name).with_row_index("record").filter(pl.col(name).is_not_null()).collect()
    places = shared_places(told, [name])
    shared = places.select("key", right=told["record"].gather(places["row"]))
    least = shared.group_by("key", maintain_order=True).agg(pl.col("right").min())["right"]
    stars = shared.select("right", left=least.gather(shared["key"]))
    return stars.filter(pl.col("left") < pl.col("right")).select("left", "right")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000_000)
    parser.add_argument("--keep", type=Path, help="keep the records below this folder")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="huitou-keys-"))
    folder.mkdir(parents=True, exist_ok=True)
    apart(measured, apart(written, options.records, folder))
    if options.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
