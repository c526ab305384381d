"""Notes of many files as one line each: the counts in them added up, the files counted."""

import re
from collections import defaultdict
from collections.abc import Iterable

NUMBER = re.compile(r"\d+")
HOLE = "\x00"


def added_up(notes: Iterable[str]) -> list[str]:
    """Notes that differ only in their first number, as one with the sum of it and the number of notes."""
    counts: dict[str, list[int]] = defaultdict(list)
    for note in notes:
        found = NUMBER.search(note)
        counts[NUMBER.sub(HOLE, note, count=1)].append(int(found[0]) if found else 0)
    return [f"{note.replace(HOLE, f'{sum(each):,}')} ({len(each)} files)" for note, each in counts.items()]
