"""Notes on the rows of a table, and those of many files as one line each."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

COUNT = "{count}"
NUMBER = re.compile(r"\d+")
HOLE = "\x00"


@dataclass(frozen=True)
class Note:
    """What a person should know of some rows of a table; `COUNT` in the text stands for how many they are."""

    text: str
    rows: pl.Series

    def slice(self, offset: int, length: int) -> "Note":
        """The note on a stretch of the rows."""
        return replace(self, rows=self.rows.slice(offset, length))

    def filtered(self, mask: pl.Series) -> "Note":
        """The note on the rows of a mask."""
        return replace(self, rows=self.rows.filter(mask))


def told(notes: Iterable[Note]) -> list[str]:
    """The notes in words, those on no row left out."""
    counted = [(note.text, note.rows.sum()) for note in notes]
    return [text.replace(COUNT, str(count)) for text, count in counted if count]


def added_up(notes: Iterable[str]) -> list[str]:
    """Notes that differ only in their first number, as one with the sum of it and the number of notes."""
    counts: dict[str, list[int]] = defaultdict(list)
    for note in notes:
        found = NUMBER.search(note)
        counts[NUMBER.sub(HOLE, note, count=1)].append(int(found[0]) if found else 0)
    return [f"{note.replace(HOLE, f'{sum(each):,}')} ({len(each)} files)" for note, each in counts.items()]
