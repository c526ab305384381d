"""One function per table of the figures of the shop; the definitions stand in `sql/kpis`."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from pipeline.engine import Engine, Parameter
from pipeline.kpis.periods import periods_frame
from pipeline.kpis.targets import targets_frame
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.kpis import NOWHERE
from pipeline.scores.terms import term_table
from pipeline.settings import Settings


def kpi_parameters(settings: Settings, as_of: date) -> dict[str, Parameter]:
    """Parameters of all figures: windows in days, and what they are compared with."""
    kpis = settings.kpis
    return {
        "as_of": as_of,
        "nowhere": NOWHERE,
        "store_channels": f",{','.join(kpis.store_channels)},",
        "compared_days": kpis.compared_days,
        "compared_on": as_of - timedelta(days=kpis.compared_days),
        "window_days": kpis.window_days,
        "churn_days": kpis.churn_window_days,
        "repurchase_days": kpis.repurchase_window_days,
        "wake_up_days": kpis.wake_up_days,
        "dormant_days": settings.lifecycle.dormant_days,
        "churned_days": settings.lifecycle.churned_days,
        "satisfied_score": kpis.satisfied_score,
        "daily_history_days": kpis.daily_history_days,
        "summary_history_days": kpis.summary_history_days,
        "store_history_days": kpis.store_history_days,
    }


def kpi_periods(*, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per period of the figures, tonight's and the one it is compared with."""
    return write_table(TABLES["kpi_periods"], periods_frame(settings.kpis, as_of), path)


def sales_targets(*, settings: Settings, path: Path) -> Table:
    """One row per day and scope with a sales target."""
    return write_table(TABLES["sales_targets"], targets_frame(settings.kpis.targets), path)


def daily_kpis(
    orders: Table, customer_attributes: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per day, store and channel with a purchase, made anew every night: late rows find their day."""
    tables = (orders, customer_attributes)
    return engine.run("kpis/daily_kpis.sql", tables, kpi_parameters(settings, as_of), TABLES["daily_kpis"], path)


def sales_figures(
    daily_kpis: Table,
    kpi_periods: Table,
    sales_targets: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per period, scope and metric of trade."""
    tables = (daily_kpis, kpi_periods, sales_targets)
    return engine.run("kpis/sales_figures.sql", tables, kpi_parameters(settings, as_of), TABLES["sales_figures"], path)


def buyer_figures(orders: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per scope and metric of buyers: repurchase, churn, active and dormant."""
    parameters = kpi_parameters(settings, as_of)
    return engine.run("kpis/buyer_figures.sql", (orders,), parameters, TABLES["buyer_figures"], path)


def service_figures(
    clean_tickets: Table, kpi_periods: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per period and metric of service tickets."""
    tables = (clean_tickets, kpi_periods)
    parameters = kpi_parameters(settings, as_of)
    return engine.run("kpis/service_figures.sql", tables, parameters, TABLES["service_figures"], path)


def member_figures(
    customer_attributes: Table,
    points_liabilities: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per scope and metric of members."""
    tables = (customer_attributes, points_liabilities)
    parameters = kpi_parameters(settings, as_of)
    return engine.run("kpis/member_figures.sql", tables, parameters, TABLES["member_figures"], path)


def wake_up_results(
    clean_campaign_contacts: Table,
    clean_campaigns: Table,
    customer_profiles: Table,
    orders: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per campaign that was meant for dormant customers, and one for all: how many woke up."""
    tables = (clean_campaign_contacts, clean_campaigns, customer_profiles, orders)
    parameters = kpi_parameters(settings, as_of)
    return engine.run("kpis/wake_up_results.sql", tables, parameters, TABLES["wake_up_results"], path)


def segment_figures(segment_members: Table, *, engine: Engine, settings: Settings, path: Path) -> Table:
    """One row per metric that counts the members of a segment."""
    counted = settings.kpis.segment_counts.items()
    tables = (term_table("counted_segments", ("metric", "segment"), counted, engine.scratch), segment_members)
    return engine.run("kpis/segment_figures.sql", tables, {}, TABLES["segment_figures"], path)


def kpi_summary(
    sales_figures: Table,
    buyer_figures: Table,
    service_figures: Table,
    member_figures: Table,
    segment_figures: Table,
    previous_kpi_summary: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per night and figure: tonight's beside those of earlier nights, which stay as they were published."""
    tables = (
        sales_figures,
        buyer_figures,
        service_figures,
        member_figures,
        segment_figures,
        replace(previous_kpi_summary, name="previous_kpi_summary"),
    )
    return engine.run("kpis/kpi_summary.sql", tables, kpi_parameters(settings, as_of), TABLES["kpi_summary"], path)
