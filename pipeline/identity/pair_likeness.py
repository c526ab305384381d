"""How alike two persons are who were never compared: their profiles scored on demand, as the night would have done.

The same comparisons, model, commonness of names, corrections and vetoes as the night's, through the same modules; only
the blocking is another: every profile of one person with every one of the other. Nothing becomes of it. Imports Splink,
which takes a second, so it is loaded by whoever has to ask.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.identity.compared import terms_of
from pipeline.identity.edges import PARTS, rows_of
from pipeline.identity.likely import mask_share, objections, with_sides
from pipeline.identity.likeness import COMPARED_BLOCKS, RETAIL, records
from pipeline.identity.night import PROFILE
from pipeline.identity.pair_answers import Weighed
from pipeline.identity.splink_model import score
from pipeline.identity.whose_key import TableOf
from pipeline.schemas.likeness import WEIGHTS
from pipeline.settings import Settings

BETWEEN = replace(RETAIL, blocking=("l.side <> r.side",))
UNKNOWN_RIVALS = {"stood": False, "is_doubted": False, "has_rival": False}
"""What rests on other pairs: these two stood in no link, and who else fits was not looked for."""
MOST_PROFILES = 200
"""So many profiles of each person are compared: forty thousand pairs, a second."""
SHARE_RESTS_ON = ("source", "name_class", "name_key", "name_surname", "phone_number")


def weighed(
    one: pl.DataFrame,
    other: pl.DataFrame,
    meant: pl.DataFrame,
    table_of: TableOf,
    secret: bytes,
    settings: Settings,
    scratch: Path,
) -> Weighed | None:
    """The pair between two persons (all their profiles) that is most alike, of those among `meant` if there are any.

    None if there is no model, or if one of the two has no profile that shows a name.
    """
    model = table_of("identity_model").read()
    shown = _shown(one, other, meant, table_of)
    if model.is_empty() or shown["side"].n_unique() < 2:
        return None
    blocked = records(shown, shown.height)
    pairs = score(
        blocked,
        BETWEEN,
        model["model_text"].item(),
        least=0.0,
        engine=settings.engine,
        scratch=scratch,
        frequencies=terms_of(shown, table_of("term_frequencies"), secret),
    )
    row = _judged(_likeliest(pairs, shown), shown, table_of, settings).row(0, named=True)
    blocks = _blocks(blocked, row, table_of)
    version, trained_on = model.select("model_version", pl.col("model_trained_on").cast(pl.String)).row(0)
    return _as_weighed(row, blocks, version, trained_on)


def _shown(one: pl.DataFrame, other: pl.DataFrame, meant: pl.DataFrame, table_of: TableOf) -> pl.DataFrame:
    """What the profiles of both persons show, by number, with `side` and whether they are `is_meant`.

    Of a person whom a card has made of more profiles than can be compared, those asked about come first.
    """
    features, asked = table_of("profile_features"), meant.lazy().select(PROFILE).with_columns(is_meant=True)
    sides = [
        rows_of(features, profiles)
        .join(asked, on=PROFILE, how="left")
        .with_columns(pl.col("is_meant").fill_null(value=False), side=pl.lit(side))
        .sort("is_meant", *PROFILE, descending=[True, False, False])
        .head(MOST_PROFILES)
        for side, profiles in (("one", one), ("other", other))
    ]
    rows = pl.concat(sides).with_columns(pl.col("birth_date").cast(pl.String)).collect()
    return rows.sort(PROFILE).with_row_index("profile")


def _likeliest(pairs: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """The one pair to tell of."""
    asked = shown.filter("is_meant")["profile"].implode()
    is_meant = pl.col("left").is_in(asked) & pl.col("right").is_in(asked)
    return pairs.sort(is_meant, "match_weight", "left", "right", descending=[True, True, False, False]).head(1)


def _judged(pair: pl.DataFrame, shown: pl.DataFrame, table_of: TableOf, settings: Settings) -> pl.DataFrame:
    """The pair with what both sides show, its probability corrected as the night does, and objections."""
    known = {name: pl.lit(value) for name, value in UNKNOWN_RIVALS.items()}
    both = with_sides(pair, shown).with_columns(model_probability="probability", **known)
    told = both.with_columns(probability=pl.col("probability") * _mask_share(both, table_of))
    holds = objections(settings.identity.likeness)
    return told.with_columns(**{name: said.fill_null(value=False) for name, said in holds.items()}).with_columns(
        objections=pl.concat_list(pl.when(name).then(pl.lit(name)) for name in holds).list.drop_nulls()
    )


def _mask_share(pair: pl.DataFrame, table_of: TableOf) -> pl.Expr:
    """What a pair keeps whose names agree only as far as a mask shows them; all profiles are asked only for those."""
    if "mask agrees" not in pair["level_name"]:
        return pl.lit(1.0)
    full = (pl.col("name_class") == "full") & pl.col("phone_number").is_not_null()
    return mask_share(table_of("profile_features").scan().filter(full).select(SHARE_RESTS_ON).collect())


def _blocks(blocked: pl.DataFrame, pair: Mapping[str, int], table_of: TableOf) -> dict[str, bool]:
    """The values in common by which pairs are proposed, and whether each was open for both."""
    ends = blocked.filter(pl.col("record_id").is_in([pair["left"], pair["right"]]))
    open_blocks = rows_of(table_of("compared_profiles"), ends).collect()["open_blocks"].to_list()
    alike = [name for name in COMPARED_BLOCKS if ends[name].null_count() == 0 and ends[name].n_unique() == 1]
    return {name: all(name in (blocks or "").split(",") for blocks in open_blocks) for name in alike}


def _as_weighed(row: Mapping[str, Any], blocks: Mapping[str, bool], version: str, trained_on: str) -> Weighed:
    return Weighed(
        (row["source_left"], row["profile_key_left"]),
        (row["source_right"], row["profile_key_right"]),
        {name: row[f"weight_{name}"] for name in PARTS},
        row["match_weight"],
        {name: row[f"level_{name}"] for name in WEIGHTS if row[f"level_{name}"] is not None},
        row["model_probability"],
        row["probability"],
        tuple(row["objections"]),
        blocks,
        version,
        trained_on,
    )
