"""Bins of a column: where their edges lie so that each holds about equally many rows, and which bin a value is in.

What is learnt of bins belongs to `models.additive` and `models.reference`.
"""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

MAX_BINS = 48
SEARCHED_ROWS = 2_000
"""Up to so many rows are searched one by one: making a table costs as much."""
KEY_SHIFT = 44
"""A cell has 8 digits of the binary fraction: 256 cells from a number to its double."""
CELLS = 1 << 12
MOST_IN_CELL = 6
"""Edges in one cell from which on searching is quicker."""


def bin_edges(column: Vector, bins: int = MAX_BINS) -> Vector:
    """Rising edges between at most `bins` bins of about equally many rows; few distinct values get a bin each.

    Edges of many distinct values are values themselves: at every k-th of `bins` parts, the next value if between two.
    NaN has no bin here.
    """
    known = np.sort(column[~np.isnan(column)])
    rises = np.flatnonzero(known[1:] > known[:-1])
    if len(rises) < bins:
        return np.asarray((known[rises + 1] + known[rises]) / 2, dtype=np.float64)
    places = np.ceil(np.arange(1, bins) / bins * (len(known) - 1)).astype(np.intp)
    return np.unique(known[places])


def bin_codes(edges: Vector, column: Vector) -> Codes:
    """The bin of each value, shape (rows,): the number of edges that are not greater; one more than bins for NaN.

    Fewer than 255 edges. A value's distance from the first edge, read as the bits of a float, names a cell of a table
    that says how many edges lie before it; what is left is to compare with the edges inside the cell, mostly one.
    """
    if len(column) <= SEARCHED_ROWS or len(edges) == 0:
        return _searched(edges, column)
    keys = (edges - edges[0]).view(np.int64) >> KEY_SHIFT
    lowest = max(int(keys[-1]) - CELLS, 0)
    inside = np.bincount(np.maximum(keys - lowest, 0))
    if inside.max() > MOST_IN_CELL:
        return _searched(edges, column)
    before = np.append(0, np.cumsum(inside)).astype(np.uint8)
    ends = (np.array([lowest, lowest + len(inside)], dtype=np.int64) << KEY_SHIFT).view(np.float64)
    distance = column - edges[0]
    np.fmin(np.fmax(distance, ends[0], out=distance), ends[1], out=distance)
    cells = distance.view(np.int64)
    cells >>= KEY_SHIFT
    cells -= lowest
    codes: Codes = before.take(cells)
    ends_of_bins = np.append(edges, np.nan)
    for _ in range(int(inside.max())):
        codes += column >= ends_of_bins.take(codes)
    return _with_unknown(codes, edges, column)


def _searched(edges: Vector, column: Vector) -> Codes:
    return _with_unknown(np.searchsorted(edges, column, side="right").astype(np.uint8), edges, column)


def _with_unknown(codes: Codes, edges: Vector, column: Vector) -> Codes:
    if len(column) and np.isnan(column.max()):
        codes[np.isnan(column)] = len(edges) + 1
    return codes
