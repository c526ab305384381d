"""One function per RFM table: the profiles, their scores, the classes, the cut points and the groups.

The rules stand in `sql/scores/rfm_*.sql` and in the settings; stages of life belong to `pipeline.scores.stage_steps`.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.score_settings import DEFAULT_PROFILE, GroupingSettings, RfmProfileSettings, RfmSettings
from pipeline.scores.parameters import rfm_parameters
from pipeline.scores.terms import no_purchase_groups
from pipeline.settings import Settings


def rfm_profiles(*, settings: Settings, path: Path) -> Table:
    """One row per RFM profile: its definition."""
    spec = TABLES["rfm_profiles"]
    rows = [profile_row(profile, settings.rfm) for profile in settings.rfm.all_profiles.values()]
    frame = pl.DataFrame(rows, schema=spec.polars_schema)
    return write_table(spec, frame.sort(spec.key), path)


def profile_row(profile: RfmProfileSettings, rfm: RfmSettings) -> dict[str, Any]:
    """The columns of `rfm_profiles`; cuts are null where the method knows none."""
    row: dict[str, Any] = {
        "rfm_profile": profile.name,
        "rfm_method": profile.method,
        "rfm_levels": profile.levels,
        "rfm_window_days": profile.window_days,
        "profile_version": _version(profile, rfm),
    }
    cuts = {
        "recency_cut_{}_days": profile.recency_cuts_days,
        "frequency_cut_{}": profile.frequency_cuts,
        "monetary_cut_{}_amount": profile.monetary_cuts_amount,
        "response_cut_{}_rate": profile.response_cuts_rate,
    }
    for name, values in cuts.items():
        for number, value in enumerate(values or (), start=1):
            row[name.format(number)] = value if profile.method == "fixed" else None
    return row


def _version(profile: RfmProfileSettings, rfm: RfmSettings) -> str:
    """Hash of what decides the scores and, for the default, the classes."""
    text = profile.model_dump_json(exclude={"whole_history"})
    if profile.name == DEFAULT_PROFILE:
        text += f"|{rfm.high_score}|{rfm.low_score}|{rfm.middle_score}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def rfm_profile_scores(
    customer_facts: Table,
    orders: Table,
    response_rates: Table,
    rfm_profiles: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per RFM profile and customer with a purchase in its window: values and scores."""
    tables = (customer_facts, orders, response_rates, rfm_profiles)
    parameters = rfm_parameters(settings.rfm, as_of)
    return engine.run("scores/rfm_profile_scores.sql", tables, parameters, TABLES["rfm_profile_scores"], path)


def rfm_scores(rfm_profile_scores: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per customer with a purchase in the window: scores of the default profile and the two classes."""
    parameters = rfm_parameters(settings.rfm, as_of)
    return engine.run("scores/rfm_scores.sql", (rfm_profile_scores,), parameters, TABLES["rfm_scores"], path)


def rfm_cut_points(rfm_profile_scores: Table, rfm_profiles: Table, *, engine: Engine, path: Path) -> Table:
    """One row per RFM profile, letter and score that anybody has: which values have it."""
    tables = (rfm_profile_scores, rfm_profiles)
    return engine.run("scores/rfm_cut_points.sql", tables, {}, TABLES["rfm_cut_points"], path)


def rfm_group_cells(*, settings: Settings, path: Path) -> Table:
    """One row per grouping and combination of scores: the group that it belongs to."""
    spec = TABLES["rfm_group_cells"]
    levels = {name: profile.levels for name, profile in settings.rfm.all_profiles.items()}
    rows = [row for each in settings.rfm.groupings for row in _cells(each, levels[each.rfm_profile])]
    frame = pl.DataFrame(rows, schema=spec.polars_schema, orient="row")
    return write_table(spec, frame.sort(spec.key), path)


def _cells(grouping: GroupingSettings, levels: int) -> Iterator[tuple[str, str, int, int, int, str]]:
    group_of = {cell: group for group, cells in grouping.groups.items() for cell in cells}
    for r, f, m in product(range(1, levels + 1), repeat=3):
        cell = f"{r}{(f + m + 1) // 2}" if grouping.digits == 2 else f"{r}{f}{m}"
        yield grouping.name, grouping.rfm_profile, r, f, m, group_of[cell]


def rfm_groups(
    customer_facts: Table,
    rfm_group_cells: Table,
    rfm_profile_scores: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per grouping and customer with scores: the group."""
    tables = (customer_facts, rfm_group_cells, rfm_profile_scores, no_purchase_groups(settings, engine.scratch))
    return engine.run("scores/rfm_groups.sql", tables, {}, TABLES["rfm_groups"], path)
