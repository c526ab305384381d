"""Small cells: counts of few customers are not told, and cannot be got by taking the others from a total.

Parts of one total stand here; tables with totals of rows and columns belong to `two_way`.
"""

from collections.abc import Sequence

from pipeline.reports.document import HIDDEN, WITHHELD, Hidden


def hidden_cells(counts: Sequence[int], least: int) -> list[bool]:
    """Which cells of parts that add up to a known total are hidden.

    Hidden are counts from 1 to `least` - 1. While exactly one cell is hidden, or all hidden ones together hold fewer
    than `least`, the smallest other cell that is not empty is hidden with them (ties: the first).
    """
    hidden = [0 < count < least for count in counts]
    for place in sorted(range(len(counts)), key=lambda place: (counts[place], place)):
        together = sum(count for count, gone in zip(counts, hidden, strict=True) if gone)
        if not any(hidden) or (sum(hidden) > 1 and together >= least):
            break
        hidden[place] = hidden[place] or counts[place] > 0
    return hidden


def told(counts: Sequence[int], least: int) -> list[int | Hidden]:
    """The counts with the hidden ones taken out; which of those are small is not told."""
    return [WITHHELD if gone else count for count, gone in zip(counts, hidden_cells(counts, least), strict=True)]


def alone(count: int, least: int) -> int | Hidden:
    """A count that is part of no told total."""
    return HIDDEN if 0 < count < least else count


def may_be_told(count: int, known: int, least: int) -> bool:
    """Whether a share of a group tells nothing of few people: neither those who have the value nor the others."""
    return count >= least and (known == count or known - count >= least)


def rounded(count: int, step: int) -> int:
    """The nearest multiple of `step`, upwards from the middle."""
    return (count + step // 2) // step * step
