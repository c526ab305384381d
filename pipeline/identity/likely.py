"""Pairs of profiles that share no living key and yet look like one person, and what becomes of each.

A pair is joined only if nothing speaks against it (vetoes), nobody else fits nearly as well (rivals), it rests on
more than a name and a place, and it is far more probable than not. All others are refused with a reason; those that
people could settle are suggested to them (`pipeline.identity.reviews`). A false join shows one customer's life to
another; a missed one only blurs a figure.
"""

from pathlib import Path

import polars as pl

from pipeline.clean.masking import mask_name
from pipeline.identity.links import with_numbers
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.repair import LIKELY
from pipeline.identity_settings import LikenessSettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS

TRAITS = ("name_key", "birth_date", "member_no", "unionid")
OTHER_NAMES = ("same surname", "differs")
"""Two full names further apart than one character or than writing from sound."""
ONE_CHARACTER = "one character differs"
"""张建国 and 张建华: a slip of the pen, or brothers; only an equal birth date can tell."""
DOUBTED = ("receiver_phone_name_unclear", "receiver_phone_too_common", "receiver_phone_several_receivers")
"""What the rule of receivers has refused for doubt is not joined for looking alike; names are compared here again."""
CONTACT_BITS = 6.0
"""So many bits of phone, birth date or e-mail are more than a coincidence within one town."""


def likely_links(
    scored: Table,
    candidates: Table,
    profiles: Table,
    features: Table,
    compared: Table,
    previous_links: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per likely pair between persons by exact keys, accepted or refused with `likeness_reason`."""
    settings = night.settings.identity.likeness
    shown = _shown(features, compared)
    pairs = with_sides(with_numbers(scored.scan(), shown).drop(ENDS), shown)
    is_accepted = pl.col("decision") == "accepted"
    judged = pairs.join(rivals(pairs, settings.rival_bits), on=["left", "right"], maintain_order="left")
    judged = judged.with_columns(
        _among(judged, previous_links.scan().filter((pl.col("rule") == LIKELY) & is_accepted).collect()).alias("stood"),
        _among(judged, _doubted(candidates, profiles)).alias("is_doubted"),
        probability=pl.col("probability") * mask_share(shown),
    )
    return write_table(TABLES["likely_links"], _decided(judged, settings), path)


def _shown(features: Table, compared: Table) -> pl.DataFrame:
    """What every compared profile shows, by number, with `person`, its person by exact keys.

    Both tables have the same profiles in the same order; nobody is compared without a model.
    """
    person = pl.concat_str("person_source", "person_key", separator="\x1f")
    persons = compared.scan().select(person=person).collect()
    rows = features.scan().head(persons.height).with_columns(pl.col("birth_date").cast(pl.String)).collect()
    return rows.hstack(persons).with_row_index("profile")


def with_sides(scored: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Scored pairs with what both profiles show, as `<column>_left` and `<column>_right`."""
    shown = shown.filter(pl.col("profile").is_in(pl.concat([scored["left"], scored["right"]]).implode()))
    for side in ("left", "right"):
        columns = shown.rename({name: f"{name}_{side}" for name in shown.columns if name != "profile"})
        scored = scored.join(columns, left_on=side, right_on="profile")
    return scored


def rivals(pairs: pl.DataFrame, bits: float) -> pl.DataFrame:
    """Pairs (left, right) with `has_rival`: another person fits one side nearly as well and cannot be the same.

    Looked at from every person: of all profiles that fit it nearly as well as the pair at hand, a trait must not have
    two values. So a masked account between father and son belongs to neither.
    """
    sides = [
        pairs.select(
            "left", "right", "match_weight", person=f"person_{here}", **{name: f"{name}_{there}" for name in TRAITS}
        )
        for here, there in (("left", "right"), ("right", "left"))
    ]
    seen = pl.concat(sides)
    contested = seen.filter(
        pl.any_horizontal(pl.col(name).drop_nulls().n_unique().over("person") > 1 for name in TRAITS)
    )
    others = contested.join(contested, on="person", suffix="_other")
    near = pl.col("match_weight_other") > pl.col("match_weight") - bits
    apart = pl.any_horizontal((pl.col(name) != pl.col(f"{name}_other")).fill_null(value=False) for name in TRAITS)
    found = others.filter(near & apart).select("left", "right").unique().with_columns(has_rival=True)
    told = pairs.select("left", "right").join(found, on=["left", "right"], how="left")
    return told.with_columns(pl.col("has_rival").fill_null(value=False))


def objections(settings: LikenessSettings) -> dict[str, pl.Expr]:
    """What may speak against a pair, each with when it does: vetoes first, then doubts; the first is its reason."""
    needed = pl.when("stood").then(settings.keep_probability).otherwise(settings.link_probability)
    contact = pl.max_horizontal("weight_phone", "weight_birth_date", "weight_email")
    is_other_birth = (pl.col("level_birth_date") != "equal").fill_null(value=True)
    return {
        "names_differ": _differ("name_key") & pl.col("level_name").is_in(OTHER_NAMES),
        "birth_dates_differ": _differ("birth_date"),
        "names_nearly_equal": (pl.col("level_name") == ONE_CHARACTER) & is_other_birth,
        "unionids_differ": _differ("unionid"),
        "cards_differ": _differ("member_no"),
        "receiver_unclear": pl.col("is_doubted"),
        "two_buyers": ~pl.col("is_own_name_left") & ~pl.col("is_own_name_right"),
        "several_fit": pl.col("has_rival"),
        "no_contact": contact < CONTACT_BITS,
        "too_weak": pl.col("probability") < needed,
    }


def _reason(settings: LikenessSettings) -> pl.Expr:
    """Why a pair is not joined; null where it is joined."""
    return pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in objections(settings).items())


def _differ(name: str) -> pl.Expr:
    return (pl.col(f"{name}_left") != pl.col(f"{name}_right")).fill_null(value=False)


def _decided(judged: pl.DataFrame, settings: LikenessSettings) -> pl.DataFrame:
    told = judged.with_columns(likeness_reason=_reason(settings), evidence=_evidence())
    is_joined = pl.col("likeness_reason").is_null()
    named = {
        f"{side}_{short}": f"{column}_{side}"
        for side in ("left", "right")
        for short, column in (("source", "source"), ("key", "profile_key"))
    }
    return told.with_columns(
        decision=pl.when(is_joined).then(pl.lit("accepted")).otherwise(pl.lit("refused")),
        **{name: pl.col(column) for name, column in named.items()},
    )


def _evidence() -> pl.Expr:
    """What agrees and what does not, masked: `name 张* / 张* (mask agrees), phone 187****3432 (equal)`."""
    names = [mask_name(pl.col(f"name_head_{side}")).fill_null("?") for side in ("left", "right")]
    shown = {
        "name": pl.concat_str(names[0], pl.lit(" / "), names[1]),
        "phone": pl.coalesce("phone_shape_left", "phone_shape_right"),
        "birth_date": pl.lit("on record"),
        "email": pl.lit("on record"),
        "place": pl.coalesce("city_left", "city_right"),
    }
    parts = [
        pl.when(pl.col(f"level_{name}").is_not_null()).then(
            pl.concat_str(pl.lit(f"{name} "), value.fill_null("?"), pl.lit(" ("), pl.col(f"level_{name}"), pl.lit(")"))
        )
        for name, value in shown.items()
    ]
    return pl.concat_str(parts, separator=", ", ignore_nulls=True)


def _doubted(candidates: Table, profiles: Table) -> pl.DataFrame:
    """The pairs that the rule of receivers has refused for doubt."""
    people = profiles.scan().select(PROFILE).collect()
    pairs = candidates.scan().filter(pl.col("rule").is_in(DOUBTED)).collect()
    ends = zip(ENDS, PROFILE * 2, ("left", "left", "right", "right"), strict=True)
    return pairs.select(**{name: people[column].gather(pairs[f"{side}_profile"]) for name, column, side in ends})


def _among(pairs: pl.DataFrame, links: pl.DataFrame) -> pl.Series:
    """Whether each pair stands in `links`."""
    there = links.select(ENDS).unique().with_columns(there=True)
    ends = ("source_left", "profile_key_left", "source_right", "profile_key_right")
    found = pairs.select(ends).join(there, left_on=ends, right_on=ENDS, how="left", maintain_order="left")
    return found["there"].fill_null(value=False)


def mask_share(shown: pl.DataFrame) -> pl.Expr:
    """How much of its probability a pair keeps whose names agree only as far as a mask shows them; 1 for others.

    Families share phone, town and surname, so those agree together and the sum of their weights promises too much.
    What a mask hides is looked up where nothing is masked: of the pairs of profiles of different sources with one
    whole phone and one surname, the share whose full names are one. Strangers who only meet in the seven digits that a
    mask shows are not counted: how often that happens is in the weight of the phone, and in a large shop it often does.
    """
    full = shown.filter((pl.col("name_class") == "full") & pl.col("phone_number").is_not_null())
    by = ["phone_number", "name_surname"]
    pairs = _pairs_between_sources(full, by)
    equal = _pairs_between_sources(full, [*by, "name_key"])
    share = (equal + 1) / (pairs + 2)
    return pl.when(pl.col("level_name") == "mask agrees").then(share).otherwise(1.0)


def _pairs_between_sources(frame: pl.DataFrame, by: list[str]) -> int:
    """Pairs of rows that agree in `by` and come from different sources."""
    within = frame.group_by(*by, "source").len("n").select((pl.col("n") ** 2).sum().cast(pl.Int64)).item() or 0
    whole = frame.group_by(by).len("n").select((pl.col("n") ** 2).sum().cast(pl.Int64)).item() or 0
    return (int(whole) - int(within)) // 2
