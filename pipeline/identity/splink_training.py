"""A model learned without labels: how often strangers agree (random pairs), how often one person does (EM).

How often chance agrees is counted in samples that know nothing of each other, side by side: counts are whole numbers,
so the model is the same to the byte on any number of cores. Designs, and what a model scores, belong to
`pipeline.identity.splink_model`; when a model is trained, and whether it is trusted, to `pipeline.identity.training`.
Method: Winkler 2000 for EM; Linacre et al. 2022 for Splink.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.engine import connected
from pipeline.identity.splink_model import LEAST_PROBABILITY, Comparison, Design, in_order, linker_of, settings_of
from pipeline.settings import EngineSettings

MODEL_DIGITS = 9
UNSEEN_PAIRS = 3
CHUNKS, SEEN_ENOUGH = 10, 100
"""A comparison of which every outcome was met so often is known well enough after any tenth of the pairs."""
PAIRS_AT_ONCE = 1_000_000
LEAST_AMONG_EQUAL = 0.005
"""Whatever the data say, one equal person in 200 differs in anything: one change of phone must not outweigh all."""

Shares = dict[tuple[str, str], float | None]
"""The share of pairs in each outcome, by comparison and label; null where none was met."""


@dataclass(frozen=True)
class Sampling:
    """Up to `pairs` random pairs, chosen by `seed`, and where they are counted."""

    seed: int
    pairs: int
    engine: EngineSettings
    scratch: Path


def train(
    records: pl.DataFrame,
    design: Design,
    *,
    seed: int,
    pairs: int,
    engine: EngineSettings,
    scratch: Path,
    strangers: pl.DataFrame | None = None,
) -> str:
    """The model as JSON text. `records` has record_id and the columns of the design.

    `strangers` are records of which hardly two are one person, for the levels that are rare.
    Each sample on one thread, so that sums of floats add up in one order and the same records give the same bytes.
    """
    sampling = Sampling(seed, pairs, engine.model_copy(update={"threads": 1}), scratch)
    whole = in_order(records)
    with ThreadPoolExecutor(max_workers=engine.threads) as workers:
        counts = [workers.submit(by_chance, whole, part, sampling) for part in halves(design)]
        rare = workers.submit(met_by_strangers, strangers, only_rare(design), sampling)
        chance = {outcome: share for count in counts for outcome, share in count.result().items()}
    if strangers is not None:
        chance |= _of_rare(chance, rare.result(), design, _one_pair(strangers, pairs))
    trained = _expected(whole, _with_chance(design, chance), design, sampling)
    return json.dumps(_rounded(_completed(trained)), sort_keys=True, ensure_ascii=False)


def halves(design: Design) -> list[Design]:
    """The design in two of about as much work: what is random in one comparison says nothing of another."""
    halves = (design.comparisons[::2], design.comparisons[1::2])
    return [replace(design, comparisons=half) for half in halves if half]


def only_rare(design: Design) -> Design:
    """The comparisons with rare levels, up to the last of these: what comes after is not told apart."""
    return replace(design, comparisons=tuple(cut for one in design.comparisons if (cut := _until_rare(one)).levels))


def _until_rare(one: Comparison) -> Comparison:
    places = [place for place, level in enumerate(one.levels, start=1) if level.is_rare]
    return replace(one, levels=one.levels[: max(places, default=0)])


def by_chance(records: pa.Table, design: Design, sampling: Sampling) -> Shares:
    """How random pairs of records come out in every comparison of a design, as far as needed to know it."""
    return _counted(records, design, sampling, enough=SEEN_ENOUGH, chunks=CHUNKS)


def met_by_strangers(strangers: pl.DataFrame | None, rare: Design, sampling: Sampling) -> Shares:
    """How pairs of strangers come out; all of them are looked at, for what is rare is met late."""
    if strangers is None or strangers.height < 2 or not rare.comparisons:
        return {}
    chunks = ceil(sampling.pairs / PAIRS_AT_ONCE)
    return _counted(in_order(strangers), rare, sampling, enough=None, chunks=chunks)


def _counted(records: pa.Table, design: Design, sampling: Sampling, *, enough: int | None, chunks: int) -> Shares:
    with connected(sampling.engine, sampling.scratch) as connection:
        linker = linker_of(records, settings_of(design), connection)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=sampling.pairs, seed=sampling.seed, min_count_per_level=enough, num_chunks=chunks
        )
        seen: dict[str, Any] = linker.misc.save_model_to_json(out_path=None)
    return {outcome: level.get("u_probability") for outcome, level in _levels(seen)}


def _levels(model: dict[str, Any]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """What is told of every outcome but the unknown one, by comparison and label."""
    return [
        ((comparison["output_column_name"], level["label_for_charts"]), level)
        for comparison in model["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    ]


def _of_rare(among_all: Shares, among_strangers: Shares, design: Design, least: float) -> Shares:
    """The frequency of rare levels as strangers show it, never below one pair of those looked at (`least`)."""
    rare = [(one.name, level.label) for one in design.comparisons for level in one.levels if level.is_rare]
    return {outcome: coincidence(among_all[outcome], among_strangers.get(outcome), least) for outcome in rare}


def _one_pair(strangers: pl.DataFrame, pairs: int) -> float:
    return 1 / max(1, min(pairs, strangers.height * (strangers.height - 1) // 2))


def coincidence(among_all: float | None, among_strangers: float | None, least: float) -> float:
    """How often a rare level is met by chance; `least` is one pair of those looked at.

    One that was met in none of n pairs is taken to be met in three of n: with 95 % certainty it is not more (the rule
    of three, Hanley and Lippman-Hand 1983). In a large shop nothing else is seen of masked phones.
    """
    if not among_all and not among_strangers:
        return UNSEEN_PAIRS * least
    by_strangers = max(least, among_strangers or 0.0)
    return min(among_all, by_strangers) if among_all else by_strangers


def _with_chance(design: Design, chance: Shares) -> dict[str, Any]:
    """The design with what is known of random pairs; an outcome that none of them met is left open."""
    model = settings_of(design)
    for outcome, level in _levels(model):
        if (share := chance[outcome]) is not None:
            level["u_probability"] = share
    return model


def _expected(records: pa.Table, model: dict[str, Any], design: Design, sampling: Sampling) -> dict[str, Any]:
    """The model with how often equal persons come out how (EM), from one sample of pairs after the other."""
    with connected(sampling.engine, sampling.scratch) as connection:
        linker = linker_of(records, model, connection)
        learning = linker.training
        learning.estimate_probability_two_random_records_match(list(design.certain), recall=design.certain_recall)
        for rule in design.training:
            learning.estimate_parameters_using_expectation_maximisation(rule, max_pairs=sampling.pairs)
        trained: dict[str, Any] = linker.misc.save_model_to_json(out_path=None)
    return trained


def _completed(model: dict[str, Any]) -> dict[str, Any]:
    """The trained model without what too little data makes of it.

    What was never seen weighs nothing: its two probabilities are made equal. A difference never speaks for one person,
    and never outweighs everything else.
    """
    for comparison in model["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for level in levels:
            m, u = level.get("m_probability"), level.get("u_probability")
            if not m or not u:
                level["m_probability"] = level["u_probability"] = m or u or LEAST_PROBABILITY
            elif m < u or level is levels[-1]:
                level["m_probability"] = min(u, max(m, LEAST_AMONG_EQUAL))
    return model


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{MODEL_DIGITS}g}")
    return value
