"""What settings say about tags: words as small tables that SQL can join, numbers as `$parameters`.

How such tables are written, and those that stages need too, is told in `pipeline.scores.terms`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pipeline.engine import Parameter
from pipeline.lake import Table
from pipeline.membership.parameters import months_before
from pipeline.scores.terms import term_table
from pipeline.settings import Settings


def tagging_parameters(settings: Settings, as_of: date) -> dict[str, Parameter]:
    """Every number of `tagging:`, as_of, and the last day that is not in the last 12 months."""
    tagging = settings.tagging
    numbers = {
        name: value for name in type(tagging).model_fields if isinstance(value := getattr(tagging, name), int | float)
    }
    return {**numbers, "as_of": as_of, "year_before": months_before(as_of, 12)}


def meaning_table(name: str, words: Mapping[str, Sequence[str]], scratch: Path) -> Table:
    """One row per meaning (a style, a service) and word that tells it, in lower case."""
    rows = [(meaning, word.strip().lower()) for meaning, listed in words.items() for word in listed]
    return term_table(name, ("meaning", "word"), rows, scratch)
