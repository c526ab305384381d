"""One function per table: habits of each customer, the tags that follow, preferred channels and completeness.

The definitions stand in `sql/tags`, the tags themselves in `library.yaml`; here they meet inputs and settings.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.terms import word_table
from pipeline.settings import Settings
from pipeline.tags.library import services_of, styles_of, tags_of
from pipeline.tags.statements import tags_query
from pipeline.tags.terms import meaning_table, tagging_parameters


def product_traits(
    order_lines: Table, clean_products: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per product sold: its brand and the day from which it counts as new."""
    parameters = tagging_parameters(settings, as_of)
    tables = (order_lines, clean_products)
    return engine.run("tags/product_traits.sql", tables, parameters, TABLES["product_traits"], path)


def product_styles(order_lines: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per product name and style of which it holds a word."""
    tables = (order_lines, meaning_table("style_words", styles_of(settings), engine.scratch))
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/product_styles.sql", tables, parameters, TABLES["product_styles"], path)


def line_habits(
    order_lines: Table, product_traits: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per customer with a kept line in the window: what they spend on."""
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/line_habits.sql", (order_lines, product_traits), parameters, TABLES["line_habits"], path)


def order_habits(orders: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per customer with an order in the window: where, when and how they buy."""
    channels = word_table("store_channels", settings.kpis.store_channels, engine.scratch, is_folded=False)
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/order_habits.sql", (orders, channels), parameters, TABLES["order_habits"], path)


def interest_habits(
    clean_events: Table,
    customer_profiles: Table,
    orders: Table,
    order_lines: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with an event: what they look at and leave in the cart."""
    tables = (clean_events, customer_profiles, orders, order_lines)
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/interest_habits.sql", tables, parameters, TABLES["interest_habits"], path)


def customer_preferences(
    order_lines: Table,
    product_traits: Table,
    product_styles: Table,
    customer_tickets: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer, dimension and value that is a large and unusual part of what they buy or ask for."""
    words = meaning_table("service_words", services_of(settings), engine.scratch)
    tables = (order_lines, product_traits, product_styles, customer_tickets, words)
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/customer_preferences.sql", tables, parameters, TABLES["customer_preferences"], path)


def customer_habits(
    customer_attributes: Table,
    customer_profiles: Table,
    customer_facts: Table,
    rfm_scores: Table,
    lifecycle_stages: Table,
    response_rates: Table,
    line_habits: Table,
    order_habits: Table,
    interest_habits: Table,
    customer_tickets: Table,
    customer_preferences: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer who may be profiled: everything that tags are made of."""
    words = word_table("referral_words", settings.tagging.referral_words, engine.scratch)
    told = (customer_attributes, customer_profiles, customer_facts, rfm_scores, lifecycle_stages, response_rates, words)
    habits = (line_habits, order_habits, interest_habits, customer_tickets, customer_preferences)
    parameters = tagging_parameters(settings, as_of)
    return engine.run("tags/customer_habits.sql", (*told, *habits), parameters, TABLES["customer_habits"], path)


def tag_definitions(*, settings: Settings, path: Path) -> Table:
    """One row per tag of the library and of the settings. Raises SettingsError for a wrong condition."""
    rows = [
        (
            tag.name, tag.label, tag.label_zh, tag.label_en, tag.where, tag.thresholds, tag.rule_version,
            tag.expires_days,
        )
        for tag in tags_of(settings)
    ]  # fmt: skip
    spec = TABLES["tag_definitions"]
    return write_table(spec, pl.DataFrame(rows, schema=spec.polars_schema, orient="row"), path)


def customer_tags(
    customer_habits: Table,
    previous_customer_tags: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and tag. The previous table is that of the last published night before as_of."""
    return engine.run_text(
        tags_query(tags_of(settings)),
        (customer_habits, replace(previous_customer_tags, name="previous_customer_tags")),
        {"as_of": as_of},
        TABLES["customer_tags"],
        path,
        where="the conditions of the tags",
    )


def channel_counts(
    clean_campaign_contacts: Table,
    clean_campaigns: Table,
    customer_profiles: Table,
    orders: Table,
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and channel of messages or purchases, for `models.response`."""
    tables = (clean_campaign_contacts, clean_campaigns, customer_profiles, orders)
    return engine.run("tags/channel_counts.sql", tables, {"as_of": as_of}, TABLES["channel_counts"], path)


def preferred_channels(customer_channels: Table, *, engine: Engine, settings: Settings, path: Path) -> Table:
    """One row per customer who bought or answered: the channel to reach them by."""
    parameters = settings.contacts.model_dump()
    return engine.run(
        "tags/preferred_channels.sql", (customer_channels,), parameters, TABLES["preferred_channels"], path
    )


def customer_completeness(
    customer_attributes: Table,
    customer_facts: Table,
    customer_profiles: Table,
    channel_consents: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per customer: which data are known of them."""
    tables = (customer_attributes, customer_facts, customer_profiles, channel_consents)
    return engine.run("tags/customer_completeness.sql", tables, {}, TABLES["customer_completeness"], path)


def data_completeness(customer_completeness: Table, *, engine: Engine, path: Path) -> Table:
    """One row per store and field: of how many customers it is known."""
    tables = (customer_completeness,)
    return engine.run("tags/data_completeness.sql", tables, {}, TABLES["data_completeness"], path)


def tag_coverage(
    customer_tags: Table,
    tag_definitions: Table,
    customer_completeness: Table,
    customer_facts: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per tag and per kind of data: how many customers and how much revenue it covers."""
    tables = (customer_tags, tag_definitions, customer_completeness, customer_facts)
    return engine.run("tags/tag_coverage.sql", tables, {}, TABLES["tag_coverage"], path)


def category_counts(
    order_lines: Table,
    customer_attributes: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer who may be profiled and category they bought, for `models.imputation`."""
    tables, parameters = (order_lines, customer_attributes), tagging_parameters(settings, as_of)
    return engine.run("tags/category_counts.sql", tables, parameters, TABLES["category_counts"], path)


def shop_cities(
    orders: Table, clean_stores: Table, customer_attributes: Table, *, engine: Engine, as_of: date, path: Path
) -> Table:
    """One row per customer who may be profiled and buys in stores: the city of most of these purchases."""
    tables = (orders, clean_stores, customer_attributes)
    return engine.run("tags/shop_cities.sql", tables, {"as_of": as_of}, TABLES["shop_cities"], path)
