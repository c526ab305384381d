"""The model of the probabilistic stage: kept from night to night, trained anew when it is old or there is none.

A model is learned from the retailer's own profiles without any labels (EM), with a fixed seed, and is a row of the
snapshot: a rebuild finds or makes the same one. A retailer may pin a model in state/models. One that says nonsense,
because there is too little to learn from, is not used: then exact keys decide alone.
"""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.identity.likeness import RETAIL, records, strangers
from pipeline.identity.night import IdentityNight
from pipeline.identity.splink_training import train
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

SEED = 20_260_101
VERSION_LENGTH = 12
NO_MODEL = TABLES["identity_model"].empty()


def identity_model(features: Table, previous_model: Table, *, night: IdentityNight, path: Path) -> Table:
    """The model that counts tonight: the pinned one, else last night's while it is fresh, else a new one.

    No row while there are fewer comparable profiles than `likeness.min_profiles`, or where none can be trusted.
    """
    if night.pinned_model is not None:
        return write_table(TABLES["identity_model"], model_row(night.pinned_model, night.as_of, 0), path)
    kept = previous_model.read()
    if kept.height and not is_stale(kept["model_trained_on"].item(), night):
        return write_table(TABLES["identity_model"], kept, path)
    trained = trained_model(features, night)
    return write_table(TABLES["identity_model"], trained if trained.height else kept, path)


def is_stale(trained_on: date, night: IdentityNight) -> bool:
    """Whether a model is older than the retailer wants, or younger than the night (a night run again)."""
    age = night.as_of - trained_on
    return not timedelta(0) <= age < timedelta(days=night.settings.identity.likeness.retrain_days)


def trained_model(features: Table, night: IdentityNight) -> pl.DataFrame:
    """A model learned from tonight's profiles as a row of identity_model; none where it cannot be trusted."""
    likeness = night.settings.identity.likeness
    frame = features.read().with_row_index("profile").with_columns(person=pl.lit(0), is_changed=pl.lit(value=True))
    if not likeness.enabled or frame.height < likeness.min_profiles:
        return NO_MODEL
    engine, scratch = night.settings.engine, night.engine.scratch
    compared = records(frame, likeness.max_block_profiles)
    text = train(
        compared,
        RETAIL,
        seed=SEED,
        pairs=likeness.training_pairs,
        engine=engine,
        scratch=scratch,
        strangers=strangers(compared),
    )
    return model_row(text, night.as_of, frame.height) if not nonsense(text) else NO_MODEL


def model_row(text: str, trained_on: date, profiles: int) -> pl.DataFrame:
    """A model as the one row of identity_model."""
    row = {
        "model_version": hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH],
        "model_trained_on": trained_on,
        "training_count": profiles,
        "model_text": text,
    }
    return pl.DataFrame([row], schema=TABLES["identity_model"].polars_schema)


def nonsense(text: str) -> list[str]:
    """Comparisons of a model whose best agreement speaks against one person, or whose difference speaks for it."""
    content: dict[str, Any] = json.loads(text)
    found = []
    for comparison in content["comparisons"]:
        ratios = [
            level["m_probability"] / level["u_probability"]
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        ]
        if ratios[0] < 1 or ratios[-1] > 1:
            found.append(str(comparison["output_column_name"]))
    return found
