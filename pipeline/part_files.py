"""What a part is on the disk: a folder with its raw tables, the records that were refused, and a report.

It is built beside its place and settled there once it is on the disk, so a part is there whole or not at all.
Which files are parsed, and by whom, belongs to `pipeline.parts`.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from pipeline.errors import FileRefusedError
from pipeline.formats.outcome import NO_REJECTS
from pipeline.formats.parse import ParsedFile, ReportCounts
from pipeline.lake import conformed, file_sha256, sync
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.tables import TableSpec

REPORT_FILE = "report.json"
REJECTED_FILE = "rejected.parquet"
_REPORTS = TypeAdapter(tuple[ReportCounts, ...])


@dataclass(frozen=True)
class Refusal:
    """Why a whole file could not be read."""

    code: str
    message: str


@dataclass(frozen=True)
class Part:
    """One parsed file: `hashes` names its raw tables with the SHA-256 of their Parquet files."""

    part_id: str
    folder: Path
    format: str
    encoding: str
    reports: tuple[ReportCounts, ...]
    hashes: Mapping[str, str]
    refusal: Refusal | None

    def table(self, name: str) -> Path:
        """The Parquet file of one of its raw tables."""
        return self.folder / f"{name}.parquet"

    def rejected(self) -> pl.DataFrame:
        """The records that were refused; `text` holds the raw record and stays in restricted files."""
        return pl.read_parquet(self.folder / REJECTED_FILE)


def building_of(folder: Path) -> Path:
    """Where a part is built before it takes its place."""
    return folder.with_name(f".{folder.name}.building")


def settle(folder: Path) -> None:
    """Bring a part that was built to the disk, then to its place: it is there whole or not at all.

    That it stands there is on the disk once its parent folder is synced: once for many parts.
    """
    building = building_of(folder)
    for path in [*building.iterdir(), building]:
        sync(path)
    building.replace(folder)


def write_part(folder: Path, format_name: str, parsed: ParsedFile) -> None:
    """Write what a file held; nothing is synced before `settle`."""
    hashes = {}
    for name, frame in sorted(parsed.tables.items()):
        path = folder / f"{name}.parquet"
        _exactly(TABLES[name], frame).write_parquet(path, compression="zstd", compression_level=1)
        path.chmod(0o600)
        hashes[name] = file_sha256(path)
    if parsed.rejected.is_empty():
        (folder / REJECTED_FILE).write_bytes(_no_rejects())
    else:
        parsed.rejected.write_parquet(folder / REJECTED_FILE)
    (folder / REJECTED_FILE).chmod(0o600)
    report = {
        "format": format_name,
        "encoding": parsed.encoding,
        "reports": _REPORTS.dump_python(parsed.reports, mode="json"),
        "tables": hashes,
        "refusal": None,
    }
    _write_report(folder, report)


def _exactly(spec: TableSpec, frame: pl.DataFrame) -> pl.DataFrame:
    return frame if (frame.columns, frame.dtypes) == _columns(spec.name) else conformed(spec, frame).collect()


@cache
def _columns(table: str) -> tuple[list[str], list[pl.DataType]]:
    """Names and types of the columns of a table: asked for every part."""
    schema = TABLES[table].polars_schema
    return schema.names(), schema.dtypes()


@cache
def _no_rejects() -> bytes:
    """The file of a part without rejected records: most have none, and all of these are the same bytes."""
    file = io.BytesIO()
    NO_REJECTS.to_frame().write_parquet(file)
    return file.getvalue()


def write_refusal(folder: Path, format_name: str, error: FileRefusedError) -> None:
    """Write why a file was refused whole."""
    refusal = {"code": error.code, "message": str(error)}
    _write_report(folder, {"format": format_name, "encoding": "", "reports": [], "tables": {}, "refusal": refusal})


def _write_report(folder: Path, report: Mapping[str, object]) -> None:
    content = json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1).encode()
    (folder / REPORT_FILE).write_bytes(content)
    (folder / REPORT_FILE).chmod(0o600)


def read_part(part_id: str, folder: Path) -> Part:
    """What the report of a part says."""
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    return Part(
        part_id=part_id,
        folder=folder,
        format=report["format"],
        encoding=report["encoding"],
        reports=_REPORTS.validate_python(report["reports"]),
        hashes=report["tables"],
        refusal=Refusal(**report["refusal"]) if report["refusal"] else None,
    )
