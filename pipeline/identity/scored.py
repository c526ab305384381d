"""Pairs of profiles with the score of their likeness; last night's scores are kept where nothing they rest on changed.

Blocking and scoring only; what becomes of a pair belongs to `pipeline.identity.likely`. The table is the same to the
byte with last night's scores and without any: they save work and decide nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.identity.compared import terms_of
from pipeline.identity.likeness import BLOCKS, COMPARED_BLOCKS, RETAIL
from pipeline.identity.links import with_numbers
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.splink_model import ID, score
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

Named = tuple[str, str, str]
"""Name of a frame, source and key columns in it."""


def scored_pairs(
    features: Table,
    compared: Table,
    model: Table,
    frequencies: Table,
    previous_features: Table,
    previous_compared: Table,
    previous_pairs: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per pair of profiles of different persons that share an open block and may well be one."""
    spec, tonight = TABLES["scored_pairs"], _records(features, compared)
    if tonight.is_empty():
        return write_table(spec, spec.empty(), path)
    marked = tonight.with_columns(is_changed=changed(tonight, _records(previous_features, previous_compared)))
    near = touched(marked)
    fresh = score(
        near,
        RETAIL,
        model.read()["model_text"].item(),
        least=night.settings.identity.likeness.suggest_probability,
        engine=night.settings.engine,
        scratch=night.engine.scratch,
        frequencies=terms_of(near, frequencies, night.secret),
    )
    kept = with_numbers(previous_pairs.scan(), marked.rename({ID: "profile"}).filter(~pl.col("is_changed")))
    named = _named(fresh, marked)
    return write_table(spec, pl.concat([named, kept.select(named.columns)]), path)


def _records(features: Table, compared: Table) -> pl.DataFrame:
    """Profiles in the order of their key with all that a score rests on, and the open blocks by name.

    Both tables have the same profiles in the same order; nobody is compared without a model.
    """
    rest = compared.read()
    rows = features.scan().head(rest.height).collect().with_columns(pl.col("birth_date").cast(pl.String))
    person = pl.concat_str("person_source", "person_key", separator="\x1f")
    whole = rows.hstack(rest.drop(PROFILE)).with_columns(person=person)
    return whole.with_columns(_open_blocks()).with_row_index(ID)


def _open_blocks() -> list[pl.Expr]:
    is_open = {name: pl.col("open_blocks").str.contains(name, literal=True) for name in COMPARED_BLOCKS}
    values = {name: pl.concat_str([pl.col(part) for part in BLOCKS[name]], separator="|") for name in COMPARED_BLOCKS}
    return [pl.when(is_open[name]).then(values[name]).alias(name) for name in COMPARED_BLOCKS]


def changed(tonight: pl.DataFrame, before: pl.DataFrame) -> pl.Series:
    """Whether a record differs in anything from the night before; new ones do.

    Rows are compared by 64-bit hashes, made by one process: that one of a million changed rows meets one of a million
    old ones by chance is less probable than one in ten million.
    """
    columns = [name for name in tonight.columns if name not in (ID, "person", *COMPARED_BLOCKS)]
    known = before.select(pl.struct(columns).hash()).to_series().implode()
    return tonight.select(is_changed=~pl.struct(columns).hash().is_in(known)).to_series()


def touched(marked: pl.DataFrame) -> pl.DataFrame:
    """The changed records and all that share a block with one of them: nobody else meets a changed record."""
    met = [pl.col(name).is_in(_values(marked, name).implode()) for name in COMPARED_BLOCKS]
    return marked.filter(pl.col("is_changed") | pl.any_horizontal(met).fill_null(value=False))


def _values(marked: pl.DataFrame, name: str) -> pl.Series:
    return marked.filter("is_changed")[name].drop_nulls().unique()


def _named(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Scored pairs with the profiles' names instead of their numbers."""
    ends: Sequence[Named] = (("left", "left_source", "left_key"), ("right", "right_source", "right_key"))
    names = {
        column: people[of].gather(pairs[side])
        for side, source, key in ends
        for column, of in zip((source, key), PROFILE, strict=True)
    }
    return pairs.with_columns(**names).drop("left", "right")
