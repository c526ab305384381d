"""Designs and scoring of likeness by Splink (5, Fellegi-Sunter with EM), which only this module and training know.

A design says what is compared and which pairs are worth comparing; a model is its JSON with trained probabilities, made
by `pipeline.identity.splink_training`. Blocking by guarded values, vetoes, groups, ids and explanations belong to the
rest of `pipeline.identity`: Splink clusters nothing here. Method: Fellegi and Sunter 1969; Linacre et al. 2022.
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
import pyarrow as pa
from splink import Linker, __version__
from splink.internals.duckdb.database_api import DuckDBAPI

from pipeline.engine import connected
from pipeline.settings import EngineSettings

logging.getLogger("splink").setLevel(logging.ERROR)

VERSION = f"splink {__version__}"
RECORDS = "records_to_compare"
ID = "record_id"
EM_CONVERGENCE, EM_ROUNDS = 1e-4, 30
LEAST_PROBABILITY = 1e-6


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
        linker = linker_of(in_order(records), settings, connection)
        if frequencies is not None:
            _register(frequencies, design, linker, connection)
        scored = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
        frame = connection.sql(f"select * from {scored.physical_name}").pl()  # noqa: S608 (a name made by Splink)
    return _named(frame, design, settings["probability_two_random_records_match"])


def in_order(records: pl.DataFrame) -> pa.Table:
    """Records as every linker takes them."""
    return records.sort(ID).to_arrow()


def linker_of(records: pa.Table, settings: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> Linker:
    """Splink at work on records; `settings` are those of a design, or a model."""
    api = DuckDBAPI(connection)
    table = api.register(records, dataset_display_name=RECORDS)
    return Linker(table, settings, log_level=logging.ERROR, validate_settings=False)


def _register(frequencies: pl.DataFrame, design: Design, linker: Linker, connection: duckdb.DuckDBPyConnection) -> None:
    api = DuckDBAPI(connection)
    for column in design.term_columns:
        shares = frequencies.filter(pl.col("term_column") == column)
        lookup = shares.select(pl.col("term").alias(column), pl.col("term_share").alias(f"tf_{column}"))
        table = api.register(lookup.sort(column).to_arrow(), dataset_display_name=f"terms_of_{column}")
        linker.table_management.register_term_frequency_lookup(table, column)


def settings_of(design: Design) -> dict[str, Any]:
    """A design as Splink takes it: a model of which nothing has been learned."""
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
