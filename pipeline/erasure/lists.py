"""Lists of earlier nights without a person: files that hold rows of people are deleted, manifests stay."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.exports.audit_log import MANIFEST
from pipeline.exports.recipients import RECIPIENTS


def remove_from_lists(exports: Path, customer_ids: Collection[str], *, keep: date) -> int:
    """Delete the list files of every night but `keep` (which is written again); how many were deleted.

    Lists are loaded on the morning after their night, so older ones serve nobody; their manifests go on telling
    what was handed out, and who was on a list stays known for everybody else.
    """
    deleted = 0
    for folder in sorted(path for path in exports.glob("*/") if path.name != keep.isoformat()):
        for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
            if path.name == RECIPIENTS:
                _without(path, customer_ids)
            elif path.name != MANIFEST:
                path.unlink()
                deleted += 1
    return deleted


def _without(path: Path, customer_ids: Collection[str]) -> None:
    listed = pl.read_parquet(path)
    kept = listed.filter(~pl.col("customer_id").is_in(list(customer_ids)))
    if kept.height < listed.height:
        kept.write_parquet(path, compression="zstd")
        path.chmod(0o600)
