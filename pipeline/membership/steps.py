"""One function per table: tiers, points and occasions to write, made from the ledger of trade and member sources.

The definitions stand in `sql/membership`; here they meet their inputs and their parameters. Repurchase cycles are in
`pipeline.membership.cycles`.
"""

import logging
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.membership.calendar import care_frame
from pipeline.membership.parameters import (
    care_parameters,
    ladder_frame,
    point_parameters,
    spend_parameters,
    words_frame,
)
from pipeline.membership.words import words_of
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

log = logging.getLogger("huitou.membership")


def tier_ladder(*, settings: Settings, path: Path) -> Table:
    """One row per tier of the settings."""
    return write_table(TABLES["tier_ladder"], ladder_frame(settings.tiers), path)


def tier_words(*, settings: Settings, path: Path) -> Table:
    """One row per word of member sources that means a tier."""
    return write_table(TABLES["tier_words"], words_frame(settings.tiers), path)


def cause_words(*, settings: Settings, path: Path) -> Table:
    """One row per probable cause of a difference of points, in the language of the settings."""
    return write_table(TABLES["cause_words"], words_of(settings.locale), path)


def member_cards(
    profile_values: Table,
    customer_profiles: Table,
    clean_members: Table,
    clean_points: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and member number: tier and points as its sources tell them."""
    tables = (profile_values, customer_profiles, clean_members, clean_points)
    parameters = point_parameters(settings.points, as_of)
    return engine.run("membership/member_cards.sql", tables, parameters, TABLES["member_cards"], path)


def member_spend(
    orders: Table,
    customer_attributes: Table,
    tier_ladder: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with a member number: spend of the tier's year, and the tiers that follow from it."""
    tables = (orders, customer_attributes, tier_ladder)
    parameters = spend_parameters(settings.tiers, as_of)
    return engine.run("membership/member_spend.sql", tables, parameters, TABLES["member_spend"], path)


def member_points(
    orders: Table,
    customer_attributes: Table,
    member_cards: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with a member number: points of orders, of movements, of the ledger, and reported ones."""
    tables = (orders, customer_attributes, member_cards)
    parameters = point_parameters(settings.points, as_of)
    return engine.run("membership/member_points.sql", tables, parameters, TABLES["member_points"], path)


def memberships(
    member_cards: Table,
    member_spend: Table,
    member_points: Table,
    tier_ladder: Table,
    tier_words: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with a member number: tier, spend and points."""
    tables = (member_cards, member_spend, member_points, tier_ladder, tier_words)
    parameters = point_parameters(settings.points, as_of)
    return engine.run("membership/memberships.sql", tables, parameters, TABLES["memberships"], path)


def points_differences(
    member_points: Table,
    orders: Table,
    customer_attributes: Table,
    customer_profiles: Table,
    clean_points: Table,
    cause_words: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer whose reported points differ from the ledger, with the probable cause."""
    tables = (member_points, orders, customer_attributes, customer_profiles, clean_points, cause_words)
    parameters = point_parameters(settings.points, as_of)
    return engine.run("membership/points_differences.sql", tables, parameters, TABLES["points_differences"], path)


def points_liabilities(
    memberships: Table, tier_ladder: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per tier: points and what they are worth. A generous rebate is logged where a club has points."""
    tables = (memberships, tier_ladder)
    parameters = point_parameters(settings.points, as_of)
    made = engine.run("membership/points_liabilities.sql", tables, parameters, TABLES["points_liabilities"], path)
    if _has_reported_points(memberships):
        _warn_of_generosity(made, settings)
    return made


def _has_reported_points(memberships: Table) -> bool:
    """Whether any source tells points; without one the ledger is only what a program would have given."""
    reported = memberships.scan().select(pl.col("reported_points").is_not_null().any())
    return bool(reported.collect().item())


def _warn_of_generosity(liabilities: Table, settings: Settings) -> None:
    rows = liabilities.read()
    worth = rows["points_liability_amount"].sum()
    if rows["is_generous"].any() and worth:
        log.warning(
            "points: the rebate of %.1f %% is at least points.warning_rebate_rate (%.1f %%); %s %s are owed in points",
            100 * rows["implied_rebate_rate"][0],
            100 * settings.points.warning_rebate_rate,
            worth,
            settings.currency,
        )


def care_calendar(*, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per day that is remembered on one of the coming days."""
    return write_table(TABLES["care_calendar"], care_frame(settings.care, as_of), path)


def care_dates(
    care_calendar: Table,
    customer_attributes: Table,
    customer_values: Table,
    customer_profiles: Table,
    lifecycle_stages: Table,
    clean_events: Table,
    order_lines: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer, occasion and day; nobody who refused profiling and no minors."""
    tables = (
        care_calendar,
        customer_attributes,
        customer_values,
        customer_profiles,
        lifecycle_stages,
        clean_events,
        order_lines,
    )
    parameters = care_parameters(settings.care, as_of)
    return engine.run("membership/care_dates.sql", tables, parameters, TABLES["care_dates"], path)
