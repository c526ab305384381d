"""SHA-256 of the decoded rows of a table, column by column, the same from Parquet and from the warehouse.

Rows count in their order. What is hashed of a column is its validity, the lengths of its texts and its values,
each as one stream of little-endian bytes, so neither the sizes of batches nor the layout of a file plays a part.
The hashes of files, which tell whether bytes changed on the disk, belong to `pipeline.lake`.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.lake import Table
from pipeline.schemas.tables import TableSpec

BATCH_ROWS = 131_072
WORTH_SHARING_ROWS = 16_384
"""Of fewer rows a column is hashed in less time than it takes to hand it to another thread."""


class _ColumnHash:
    """The running digest of one column."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.streams = [hashlib.sha256(), hashlib.sha256(), hashlib.sha256()]

    def add(self, values: Any) -> None:
        """Continue with the next rows."""
        if values.type != self.dtype:
            values = values.cast(self.dtype)
        validity, lengths, content = self.streams
        validity.update(_bytes_of(values.is_valid()))
        if values.null_count:
            values = pc.fill_null(values, _blank(self.dtype))
        if self.dtype == pa.large_string():
            offsets = np.frombuffer(values.buffers()[1], dtype="<i8")[values.offset : values.offset + len(values) + 1]
            lengths.update(np.diff(offsets).data)
            if values.buffers()[2] is not None:
                content.update(memoryview(values.buffers()[2])[offsets[0] : offsets[-1]])
        else:
            content.update(_bytes_of(values))

    def hexdigest(self) -> str:
        """The digest of all rows so far."""
        whole = hashlib.sha256(str(self.dtype).encode())
        for stream in self.streams:
            whole.update(stream.digest())
        return whole.hexdigest()


def _bytes_of(values: Any) -> memoryview:
    """The values of a column of fixed width, one after the other; a truth value takes one byte."""
    if values.type == pa.bool_():
        values = values.cast(pa.uint8())
    width = values.type.bit_width // 8
    return memoryview(values.buffers()[1])[values.offset * width : (values.offset + len(values)) * width]


def _blank(dtype: Any) -> Any:
    """What stands for null in the stream of values; the stream of validity tells them apart."""
    if dtype == pa.large_string():
        return pa.scalar("", dtype)
    if pa.types.is_decimal(dtype):
        return pa.scalar(0, dtype)
    return pa.scalar(0, pa.int32() if dtype == pa.date32() else pa.int64()).cast(dtype)


def _arrow_types(spec: TableSpec) -> list[Any]:
    """One layout for each type of the contracts, whoever wrote the column."""
    schema = spec.empty().to_arrow().schema
    return [
        pa.large_string() if pa.types.is_string_view(field.type) or pa.types.is_large_string(field.type) else field.type
        for field in schema
    ]


def _hashed(spec: TableSpec, batches: Iterable[Any]) -> dict[str, str]:
    columns = [_ColumnHash(dtype) for dtype in _arrow_types(spec)]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as workers:
        for batch in batches:
            if batch.num_rows:
                share = workers.map if batch.num_rows >= WORTH_SHARING_ROWS else map
                list(share(_ColumnHash.add, columns, batch.columns))
    return {name: column.hexdigest() for name, column in zip(spec.names, columns, strict=True)}


def _parquet_batches(table: Table, names: list[str]) -> Iterator[Any]:
    for path in table.paths:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=BATCH_ROWS, columns=names)


def column_digests(spec: TableSpec, table: Table) -> dict[str, str]:
    """SHA-256 of every column of a Parquet table, in the order of its files and rows; memory stays bounded."""
    return _hashed(spec, _parquet_batches(table, spec.names))


def stored_digests(spec: TableSpec, connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The same of a table inside DuckDB, in insertion order; `relation` is its quoted name."""
    names = ", ".join(f'"{name}"' for name in spec.names)
    return _hashed(spec, connection.sql(f"select {names} from {relation}").to_arrow_reader(BATCH_ROWS))  # noqa: S608


def table_digest(columns: Mapping[str, str]) -> str:
    """One SHA-256 for a table, from the digests of its columns."""
    text = "\n".join(f"{name} {digest}" for name, digest in columns.items())
    return hashlib.sha256(text.encode()).hexdigest()
