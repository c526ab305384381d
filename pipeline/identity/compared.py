"""What decides with whom a profile is compared, and what a comparison rests on besides the two profiles.

A pair's score is a function of two rows of profile_features, two rows of compared_profiles and the model. So a pair
whose four rows are those of the night before scores as it did then, and only the others are scored again
(`pipeline.identity.scored`). Whatever else a score comes to rest on must enter these tables or `basis`.
"""

import hashlib
from datetime import timedelta
from pathlib import Path

import polars as pl

from pipeline.clean.keys import keyed_hash
from pipeline.identity.likeness import COMPARED_BLOCKS, RETAIL, records
from pipeline.identity.links import exact_groups, people_of
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.splink_model import ID, VERSION
from pipeline.lake import Table, file_sha256, write_table
from pipeline.schemas.catalog import TABLES

DIGEST_LENGTH = 16
NEVER_MET = ""
"""Stands in term_frequencies for a value that nobody had when the values were counted."""


def term_frequencies(
    features: Table, model: Table, previous_frequencies: Table, *, night: IdentityNight, path: Path
) -> Table:
    """One row per value whose commonness corrects a weight: counted with the training, kept as long as the model.

    Under a pinned model, which is never trained, they are counted anew after `likeness.retrain_days`. Counted every
    night they would change every score every night, and with it what two old profiles are to each other.
    """
    spec, known = TABLES["term_frequencies"], model.read()
    if known.is_empty():
        return write_table(spec, spec.empty(), path)
    version, kept = known["model_version"].item(), previous_frequencies.read()
    oldest = night.as_of - timedelta(days=night.settings.identity.likeness.retrain_days)
    is_fresh = pl.col("counted_on").is_between(oldest, night.as_of, closed="right")
    if kept.height and kept.select((is_fresh & (pl.col("model_version") == version)).all()).item():
        return write_table(spec, kept, path)
    counted = pl.concat([_shares(features, column, night.secret) for column in RETAIL.term_columns])
    dated = counted.with_columns(model_version=pl.lit(version), counted_on=pl.lit(night.as_of))
    return write_table(spec, dated, path)


def _shares(features: Table, column: str, secret: bytes) -> pl.DataFrame:
    """The share of every value of a column, and of one that nobody has yet: as if one profile had it."""
    counted = features.scan().select(term=column).drop_nulls().group_by("term").len("told").collect()
    whole = max(int(counted["told"].sum()), 1)
    hashed = counted.select("told", term_hash=keyed_hash(counted["term"], secret))
    one = pl.DataFrame({"told": [1], "term_hash": [NEVER_MET]}, schema=hashed.schema)
    return pl.concat([hashed, one]).select(
        "term_hash", pl.lit(column).alias("term_column"), term_share=pl.col("told") / whole
    )


def terms_of(compared: pl.DataFrame, frequencies: Table, secret: bytes) -> pl.DataFrame:
    """term_column, term and term_share of every value that the records bear."""
    known = frequencies.read()
    found = []
    for column in RETAIL.term_columns:
        shares = known.filter(pl.col("term_column") == column).select("term_hash", "term_share")
        rare = shares.filter(pl.col("term_hash") == NEVER_MET)["term_share"].max()
        borne = compared.select(term=pl.col(column).drop_nulls().unique())
        hashed = borne.with_columns(term_hash=keyed_hash(borne["term"], secret))
        told = hashed.join(shares, on="term_hash", how="left")
        share = pl.col("term_share").fill_null(pl.lit(rare, pl.Float64))
        found.append(told.select(term_column=pl.lit(column), term="term", term_share=share))
    return pl.concat(found)


def compared_profiles(
    candidates: Table,
    profiles: Table,
    features: Table,
    model: Table,
    frequencies: Table,
    decisions: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per profile that shows a name: its person by exact keys, and by which values it is compared.

    The person goes by its least profile, so that it bears one name as long as nobody joins or leaves it there.
    """
    spec, known = TABLES["compared_profiles"], model.read()
    if not night.settings.identity.likeness.enabled or known.is_empty():
        return write_table(spec, spec.empty(), path)
    people = people_of(profiles)
    grouped = people.select(
        "profile", *PROFILE, group=pl.Series(exact_groups(candidates, people, decisions, night))
    ).with_columns(least=pl.col("profile").min().over("group"))
    shown = features.read().join(grouped, on=PROFILE)
    blocked = records(shown, night.settings.identity.likeness.max_block_profiles)
    is_open = [pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in COMPARED_BLOCKS]
    rows = blocked.select(
        *PROFILE,
        ID,
        person_source=people["source"].gather(blocked["least"]),
        person_key=people["profile_key"].gather(blocked["least"]),
        open_blocks=pl.concat_str(is_open, separator=",", ignore_nulls=True),
        compared_by=pl.lit(basis(known["model_text"].item(), frequencies, night)),
    )
    return write_table(spec, rows, path)


def basis(model: str, frequencies: Table, night: IdentityNight) -> str:
    """A digest of all that a score rests on beside the two profiles."""
    least = night.settings.identity.likeness.suggest_probability
    counted = [file_sha256(file) for file in frequencies.paths]
    text = "\x1f".join([model, *counted, repr(RETAIL), VERSION, repr(least)])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
