"""The texts of a column one after the other, as bytes: what a file is written from without one object per row."""

import polars as pl


def joined(texts: pl.Series) -> memoryview:
    """All texts as UTF-8, in their order and with nothing between them; null is nothing."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    if content is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("q")
    return memoryview(content)[ends[array.offset] : ends[array.offset + len(array)]]
