"""Random numbers of the sample: one independent generator per stage and month, all from one seed."""

import zlib

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmnopqrstuvwyz0123456789"
"""Without x: four of them in a row would look masked."""
FAR = 1 << 30
"""A day that never comes."""


def stream(seed: int, stage: str, *numbers: int) -> np.random.Generator:
    """The generator of a stage: adding a stage never moves the numbers of another."""
    return np.random.default_rng([seed, zlib.crc32(stage.encode()), *numbers])


def picked(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Positions drawn by weight."""
    total = np.cumsum(weights)
    return np.searchsorted(total / total[-1], rng.random(size), side="right").astype(np.int64)


def picked_by_row(rng: np.random.Generator, table: Floats, rows: Ints) -> Ints:
    """For each entry of `rows` a column of that row of `table`, drawn by its weights."""
    total = np.cumsum(table, axis=1)
    total /= total[:, -1:]
    total[:, -1] = 1.0
    flat = (total + np.arange(len(table))[:, None]).ravel()
    drawn = np.searchsorted(flat, rows + rng.random(len(rows)), side="right")
    return np.asarray(drawn - rows * table.shape[1], dtype=np.int64)


def random_text(rng: np.random.Generator, size: int, length: int) -> pl.Series:
    """Texts of letters and digits, all of one length."""
    letters = np.frombuffer(ALPHABET, np.uint8)[rng.integers(0, len(ALPHABET), size * length, dtype=np.uint8)]
    offsets = np.arange(0, (size + 1) * length, length, dtype=np.int64)
    array = pa.LargeStringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(letters))
    return pl.Series(pl.from_arrow(array))


def ranks_within(counts: Ints) -> Ints:
    """0, 1, 2 … for each group of the given sizes, one after the other."""
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(int(counts.sum()), dtype=np.int64) - starts
