"""What settings say about tags, as small tables that SQL can join, and numbers as `$parameters`.

The tables are written to the engine's scratch folder, live as long as one step, and are no tables of the night.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Parameter
from pipeline.lake import Table, replacing
from pipeline.schemas.columns import TEXT
from pipeline.settings import Settings


def tagging_parameters(settings: Settings, as_of: date) -> dict[str, Parameter]:
    """Every number of `tagging:`, as_of, and the last day that is not in the last 12 months."""
    tagging = settings.tagging
    numbers = {
        name: value for name in type(tagging).model_fields if isinstance(value := getattr(tagging, name), int | float)
    }
    return {**numbers, "as_of": as_of, "year_before": same_day_a_year_before(as_of)}


def same_day_a_year_before(day: date) -> date:
    """The last 12 months begin after this day; 29 February has none and takes the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)


def word_table(name: str, words: Iterable[str], scratch: Path, *, is_folded: bool = True) -> Table:
    """One row per word, in lower case where it is looked for inside texts."""
    rows = [(word.lower() if is_folded else word,) for word in dict.fromkeys(words)]
    return _written(name, ("word",), rows, scratch)


def meaning_table(name: str, words: Mapping[str, Sequence[str]], scratch: Path) -> Table:
    """One row per meaning (a style, a service) and word that tells it, in lower case."""
    rows = [(meaning, word.lower()) for meaning, listed in words.items() for word in dict.fromkeys(listed)]
    return _written(name, ("meaning", "word"), rows, scratch)


def ticket_scopes(settings: Settings, scratch: Path) -> Table:
    """One row per (source, order_source): where the order that a ticket of `source` names may be.

    With `orders_of` that source and those it mirrors; without, every source of orders.
    """
    by_name = {source.name: source for source in settings.sources}
    everywhere = [source.name for source in settings.sources if source.kind == "orders"]
    pairs = []
    for source in settings.sources:
        if source.kind == "tickets":
            named = source.orders_of
            targets = everywhere if named is None else [named, *by_name[named].mirrors]
            pairs += [(source.name, target) for target in dict.fromkeys(targets)]
    return _written("ticket_scopes", ("source", "order_source"), pairs, scratch)


def _written(name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], scratch: Path) -> Table:
    path = scratch / f"{name}.parquet"
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, TEXT), orient="row")
    with replacing(path) as building:
        frame.write_parquet(building)
    return Table(name, (path,))
