"""Campaigns as tables: what each is credited with, what it caused, and what one more message would cause.

The statistics are those of `models.lift`. A campaign without a hold-out, or with too few people in an arm, gets no
effect: told say who bought with its code, not who would have bought anyway.
"""

import numpy as np
import polars as pl

from models.lift import Arm, Effect, effect, share_arm, shrunk, stratified

SUMS = (
    "person_count", "buyer_count", "responded_count", "bought_net_amount", "bought_margin_amount",
    "net_amount_squares", "margin_squares",
)  # fmt: skip
FEN = 100.0
RATIO_PLACES = 6


def campaign_results(arms: pl.DataFrame, told: pl.DataFrame, min_people: int) -> pl.DataFrame:
    """One row per campaign of `told`, with the effect against its hold-out.

    `arms` has one row per campaign, arm and band (see `campaign_arms`), `told` one per campaign.
    """
    wide = told.join(_wide(arms, ["campaign_id"]), on="campaign_id", how="left").sort("campaign_id")
    enough = (_numbers(wide, "contacted_person_count") >= min_people) & (
        _numbers(wide, "control_person_count") >= min_people
    )
    shares = _if_enough(effect(_buyers(wide, "contacted"), _buyers(wide, "control")), enough)
    money = _if_enough(effect(_money(wide, "contacted", "net"), _money(wide, "control", "net")), enough)
    margin = _if_enough(effect(_money(wide, "contacted", "margin"), _money(wide, "control", "margin")), enough)
    people = _numbers(wide, "contacted_person_count")
    cost = wide["campaign_cost_amount"].cast(pl.Float64).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "contacted_buyer_rate": _buyers(wide, "contacted").mean,
            "control_buyer_rate": _buyers(wide, "control").mean,
            "lift_rate": shares.difference,
            "lift_low_rate": shares.low,
            "lift_high_rate": shares.high,
            "roas_ratio": np.where(cost > 0, wide["credited_amount"].cast(pl.Float64).to_numpy() / cost, np.nan),
            "net_roi_ratio": np.where(cost > 0, (margin.difference * people / FEN - cost) / cost, np.nan),
        }
        amounts = {
            "incremental_amount": money.difference * people / FEN,
            "incremental_low_amount": money.low * people / FEN,
            "incremental_high_amount": money.high * people / FEN,
            "incremental_margin_amount": margin.difference * people / FEN,
        }
    counts = {
        "contact_count": "contacted_person_count",
        "control_count": "control_person_count",
        "responded_count": "contacted_responded_count",
    }
    return wide.with_columns(
        *(_rounded(name, values, RATIO_PLACES) for name, values in columns.items()),
        *(_rounded(name, values, 2) for name, values in amounts.items()),
        *(pl.col(column).fill_null(0).cast(pl.Int64).alias(name) for name, column in counts.items()),
    )


def contact_effects(arms: pl.DataFrame, told: pl.DataFrame, min_people: int) -> pl.DataFrame:
    """One row per band of recency: margin that one message causes, from all campaigns with a hold-out, and its cost.

    Within a band the campaigns are strata of one experiment; then the bands are drawn towards their common mean.
    """
    wide = _wide(arms, ["campaign_id", "contact_band"]).sort("contact_band", "campaign_id")
    bands = wide["contact_band"].unique().sort()
    effects = [_margin_effect(wide.filter(pl.col("contact_band") == band), min_people) for band in bands]
    together = Effect(np.array([each.difference[0] for each in effects]), np.array([each.error[0] for each in effects]))
    known = np.isfinite(together.difference)
    drawn = shrunk(together)
    return pl.DataFrame({"contact_band": bands}).with_columns(
        _rounded("effect_margin_amount", drawn.difference / FEN, 2),
        pl.lit(_cost_of_a_message(arms, told), pl.Float64).round(2).alias("contact_cost_amount"),
        pl.Series("effect_evidence", np.where(known, "experiment", "none"), dtype=pl.String),
    )


def _margin_effect(wide: pl.DataFrame, min_people: int) -> Effect:
    contacted, control = _money(wide, "contacted", "margin"), _money(wide, "control", "margin")
    if min(contacted.count.sum(), control.count.sum()) < min_people:
        return Effect(np.array([np.nan]), np.array([np.nan]))
    return stratified(contacted, control)


def _cost_of_a_message(arms: pl.DataFrame, told: pl.DataFrame) -> float | None:
    sent = arms.filter(pl.col("arm") == "contacted").group_by("campaign_id").agg(pl.col("person_count").sum())
    costed = told.drop_nulls("campaign_cost_amount").join(sent, on="campaign_id")
    people = float(costed["person_count"].sum())
    return float(costed["campaign_cost_amount"].sum()) / people if people else None


def _wide(arms: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """One row per key with the sums of both arms side by side: contacted_person_count, and so on."""
    exact = [pl.col(name).sum().cast(pl.Float64).alias(name) for name in SUMS]
    summed = arms.group_by(*keys, "arm").agg(exact)
    sides = [
        summed.filter(pl.col("arm") == arm).select(*keys, *(pl.col(name).alias(f"{arm}_{name}") for name in SUMS))
        for arm in ("contacted", "control")
    ]
    return sides[0].join(sides[1], on=keys, how="full", coalesce=True)


def _numbers(wide: pl.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return wide[name].fill_null(0).to_numpy()


def _buyers(wide: pl.DataFrame, arm: str) -> Arm:
    return share_arm(_numbers(wide, f"{arm}_person_count"), _numbers(wide, f"{arm}_buyer_count"))


def _money(wide: pl.DataFrame, arm: str, what: str) -> Arm:
    """Money in fen, so that sums and squares are whole numbers."""
    squares = "net_amount_squares" if what == "net" else "margin_squares"
    total = np.rint(_numbers(wide, f"{arm}_bought_{what}_amount") * FEN)
    return Arm(_numbers(wide, f"{arm}_person_count"), total, _numbers(wide, f"{arm}_{squares}"))


def _if_enough(found: Effect, enough: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Effect:
    return Effect(np.where(enough, found.difference, np.nan), np.where(enough, found.error, np.nan))


def _rounded(name: str, values: np.ndarray[tuple[int], np.dtype[np.float64]], places: int) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Float64).fill_nan(None).round(places)
