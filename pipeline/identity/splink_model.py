"""Training and scoring of likeness: the only module that knows Splink (5, Fellegi-Sunter with EM).

A design says what is compared and which pairs are worth comparing; a model is its JSON with trained probabilities.
Blocking by guarded values, vetoes, groups, ids and explanations belong to the rest of `pipeline.identity`: Splink
clusters nothing here. Method: Fellegi and Sunter 1969; Winkler 2000 for EM; Linacre et al. 2022 for Splink.
"""

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import Linker, __version__
from splink.internals.duckdb.database_api import DuckDBAPI

from pipeline.engine import connected
from pipeline.settings import EngineSettings

logging.getLogger("splink").setLevel(logging.ERROR)

VERSION = f"splink {__version__}"
RECORDS = "records_to_compare"
ID = "record_id"
EM_CONVERGENCE, EM_ROUNDS = 1e-4, 30
MODEL_DIGITS = 9
LEAST_PROBABILITY = 1e-6
UNSEEN_PAIRS = 3
LEAST_AMONG_EQUAL = 0.005
"""Whatever the data say, one equal person in 200 differs in anything: one change of phone must not outweigh all."""


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison: `condition` is SQL over `<column>_l` and `<column>_r`; the first that holds counts.

    `frequency` names the column whose commonness corrects the weight: a rare name that agrees says more. `m` is how
    often the outcome is expected among equal persons before anything is learned. `is_rare`: two strangers hardly ever
    meet in it, so its frequency is learned from strangers alone: among all pairs equal persons would outnumber them.
    """

    label: str
    condition: str
    m: float
    frequency: str | None = None
    is_rare: bool = False


@dataclass(frozen=True)
class Comparison:
    """One kind of evidence; where `unknown` holds it weighs nothing. What meets no level differs."""

    name: str
    unknown: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Design:
    """What is compared (`comparisons`), which pairs are scored, and from which pairs the model learns.

    `blocking` and `training` are SQL conditions over l and r; `certain` are conditions that hold for equal persons
    only, of whom they find the share `certain_recall`: that tells how rare equal pairs are.
    """

    comparisons: tuple[Comparison, ...]
    blocking: tuple[str, ...]
    training: tuple[str, ...]
    certain: tuple[str, ...]
    certain_recall: float
    retained: tuple[str, ...] = ()

    @property
    def term_columns(self) -> tuple[str, ...]:
        """Columns whose commonness corrects a weight."""
        levels = [level.frequency for one in self.comparisons for level in one.levels]
        return tuple(sorted({column for column in levels if column}))


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
    On one thread, so that sums of floats add up in one order and the same records give the same bytes.
    """
    alone = engine.model_copy(update={"threads": 1})
    with connected(alone, scratch) as connection:
        first = _linker(records, _settings(design), connection)
        first.training.estimate_probability_two_random_records_match(list(design.certain), recall=design.certain_recall)
        first.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed)
        model: dict[str, Any] = first.misc.save_model_to_json(out_path=None)
    if strangers is not None:
        model = _with_rare(model, design, strangers, seed=seed, pairs=pairs, engine=alone, scratch=scratch)
    with connected(alone, scratch) as connection:
        linker = _linker(records, model, connection)
        for rule in design.training:
            linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=pairs)
        trained: dict[str, Any] = linker.misc.save_model_to_json(out_path=None)
    return json.dumps(_rounded(_completed(trained)), sort_keys=True, ensure_ascii=False)


def _with_rare(
    model: dict[str, Any],
    design: Design,
    strangers: pl.DataFrame,
    *,
    seed: int,
    pairs: int,
    engine: EngineSettings,
    scratch: Path,
) -> dict[str, Any]:
    """The model with the frequency of rare levels as strangers show it, never below one pair of those looked at.

    A rare level that was met in none of n pairs is taken to be met in three of n: with 95 % certainty it is not more
    (the rule of three, Hanley and Lippman-Hand 1983). In a large shop nothing else is seen of masked phones.
    """
    with connected(engine, scratch) as connection:
        linker = _linker(strangers, _settings(design), connection)
        linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed, min_count_per_level=None)
        seen: dict[str, Any] = linker.misc.save_model_to_json(out_path=None)
    least = 1 / max(1, min(pairs, strangers.height * (strangers.height - 1) // 2))
    rare = {(one.name, level.label) for one in design.comparisons for level in one.levels if level.is_rare}
    for comparison, other in zip(model["comparisons"], seen["comparisons"], strict=True):
        for level, alike in zip(comparison["comparison_levels"], other["comparison_levels"], strict=True):
            if (comparison["output_column_name"], level["label_for_charts"]) in rare:
                level["u_probability"] = coincidence(level.get("u_probability"), alike.get("u_probability"), least)
    return model


def coincidence(among_all: float | None, among_strangers: float | None, least: float) -> float:
    """How often a rare level is met by chance; `least` is one pair of those looked at."""
    if not among_all and not among_strangers:
        return UNSEEN_PAIRS * least
    by_strangers = max(least, among_strangers or 0.0)
    return min(among_all, by_strangers) if among_all else by_strangers


def score(
    records: pl.DataFrame,
    design: Design,
    model: str,
    *,
    least: float,
    engine: EngineSettings,
    scratch: Path,
    frequencies: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per pair of records that the design's blocking proposes and whose probability is at least `least`.

    `frequencies` has term_column, term and term_share: how common every value of the design's term columns is. Without
    it that is counted in `records`; with it, a pair scores the same in whatever company it is scored.
    Columns: left < right (record ids), match_weight and weight_<comparison> in bits, weight_prior, probability, and
    level_<comparison>: the label of the level that held, null where nothing is known.
    """
    settings = json.loads(model) | {"blocking_rules_to_generate_predictions": _rules(design.blocking)}
    with connected(engine, scratch) as connection:
        linker = _linker(records, settings, connection)
        if frequencies is not None:
            _register(frequencies, design, linker, connection)
        scored = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
        frame = connection.sql(f"select * from {scored.physical_name}").pl()  # noqa: S608 (a name made by Splink)
    return _named(frame, design, settings["probability_two_random_records_match"])


def _linker(records: pl.DataFrame, settings: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> Linker:
    api = DuckDBAPI(connection)
    table = api.register(records.sort(ID).to_arrow(), dataset_display_name=RECORDS)
    return Linker(table, settings, log_level=logging.ERROR, validate_settings=False)


def _register(frequencies: pl.DataFrame, design: Design, linker: Linker, connection: duckdb.DuckDBPyConnection) -> None:
    api = DuckDBAPI(connection)
    for column in design.term_columns:
        shares = frequencies.filter(pl.col("term_column") == column)
        lookup = shares.select(pl.col("term").alias(column), pl.col("term_share").alias(f"tf_{column}"))
        table = api.register(lookup.sort(column).to_arrow(), dataset_display_name=f"terms_of_{column}")
        linker.table_management.register_term_frequency_lookup(table, column)


def _settings(design: Design) -> dict[str, Any]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": ID,
        "sql_dialect": "duckdb",
        "linker_uid": "huitou",
        "comparisons": [_comparison(one) for one in design.comparisons],
        "blocking_rules_to_generate_predictions": _rules(design.blocking),
        "additional_columns_to_retain": list(design.retained),
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": EM_CONVERGENCE,
        "max_iterations": EM_ROUNDS,
    }


def _rules(conditions: Sequence[str]) -> list[dict[str, str]]:
    return [{"blocking_rule": condition, "sql_dialect": "duckdb"} for condition in conditions]


def _comparison(one: Comparison) -> dict[str, Any]:
    rest = max(LEAST_PROBABILITY, 1 - sum(level.m for level in one.levels))
    levels: list[dict[str, Any]] = [
        {"sql_condition": one.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in one.levels:
        frequency = {"tf_adjustment_column": level.frequency, "tf_minimum_u_value": 1e-6} if level.frequency else {}
        levels.append(
            {
                "sql_condition": level.condition,
                "label_for_charts": level.label,
                "m_probability": level.m,
            }
            | frequency
        )
    levels.append({"sql_condition": "ELSE", "label_for_charts": "differs", "m_probability": rest})
    return {"output_column_name": one.name, "comparison_levels": levels}


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


def _label(one: Comparison) -> pl.Expr:
    """Splink numbers levels from the last (0, differs) to the first; -1 is unknown."""
    labels = ["differs", *(level.label for level in reversed(one.levels))]
    number = pl.col(f"gamma_{one.name}").cast(pl.Int64)
    return number.replace_strict(list(range(len(labels))), labels, default=None, return_dtype=pl.String).alias(
        f"level_{one.name}"
    )


def _named(frame: pl.DataFrame, design: Design, prior: float) -> pl.DataFrame:
    weights = []
    for one in design.comparisons:
        parts = [name for name in (f"mw_{one.name}", f"mw_tf_adj_{one.name}") if name in frame.columns]
        weights.append(pl.sum_horizontal(pl.col(parts).fill_null(0.0)).round(6).alias(f"weight_{one.name}"))
    ends = [pl.col(f"{ID}_{side}") for side in ("l", "r")]
    return frame.select(
        pl.min_horizontal(ends).alias("left"),
        pl.max_horizontal(ends).alias("right"),
        pl.col("match_weight").round(6),
        pl.lit(round(math.log2(prior / (1 - prior)), 6)).alias("weight_prior"),
        *weights,
        *(_label(one) for one in design.comparisons),
        pl.col("match_probability").round(9).alias("probability"),
    ).sort("left", "right")
