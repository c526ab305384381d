"""One function per table of what customers let us hear: their service tickets, and the last day of each signal.

Which ticket is a complaint is decided here, once, by `complaints` of the settings; stages and tags read the result.
"""

from datetime import date
from pathlib import Path

from pipeline.engine import Engine, Parameter
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.terms import ticket_scopes, word_table
from pipeline.settings import Settings


def customer_tickets(
    clean_tickets: Table,
    customer_profiles: Table,
    orders: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per service ticket of a known customer, and whether it is a complaint."""
    words = word_table("complaint_words", settings.complaints.words, engine.scratch)
    tables = (clean_tickets, customer_profiles, orders, words, ticket_scopes(settings, engine.scratch))
    parameters: dict[str, Parameter] = {"as_of": as_of, "complaint_score": settings.complaints.satisfaction_score}
    return engine.run("scores/customer_tickets.sql", tables, parameters, TABLES["customer_tickets"], path)


def customer_signals(
    clean_campaign_contacts: Table,
    clean_events: Table,
    customer_profiles: Table,
    customer_tickets: Table,
    orders: Table,
    refunds: Table,
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with a complaint, a return or an activity: the last day of each."""
    tables = (clean_campaign_contacts, clean_events, customer_profiles, customer_tickets, orders, refunds)
    return engine.run("scores/customer_signals.sql", tables, {"as_of": as_of}, TABLES["customer_signals"], path)
