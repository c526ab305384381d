"""The page of one store: what its manager may know of the store's sales and of the customers who belong to it.

No figure of the whole house stands in it, nor of another store: no cost of channels, no campaigns, no counts of files.
What is told of people in two-way tables belongs to `store_customers`.
"""

from collections.abc import Callable, Iterator, Sequence

from pipeline.reports.document import WITHHELD, Block, Column, Grid, Note, Report, Section, Value
from pipeline.reports.predictions import (
    CHURN_MEASURES,
    PUBLISHED,
    VALUE_MEASURES,
    abstentions,
    measures,
    risk_levels,
    value_totals,
)
from pipeline.reports.sales import day_tiles, days_drawing, period_grid
from pipeline.reports.small_cells import rounded
from pipeline.reports.store_customers import store_customers, store_rfm, store_segments
from pipeline.reports.store_source import Store
from pipeline.reports.wording import Words

DAY = ("net_amount", "order_count", "average_order_amount", "refund_rate", "member_net_rate", "returning_order_rate")
MONTH = DAY
"""New customers are left out of both: a store gains a handful a day."""
LIST_FILES = ("customers.csv", "customers.xlsx")


def store_report(store: Store, alarms: Sequence[str], words: Words) -> Report:
    """The figures of a store in the order of its page. `words` tell of people in the steps of the settings."""
    sections: list[Callable[[Store, Words], Section]] = [store_sales]
    if store.customer_count >= words.small_cell:
        sections += [store_customers, store_rfm, store_segments, store_churn, store_value, store_lists]
    else:
        sections += [_too_few]
    exact = "_exact" if words.step == 1 else ""
    return Report(
        title=words("store.title"),
        retailer=store.settings.retailer,
        as_of=store.as_of,
        day_name=words.day(store.as_of),
        snapshot_id=store.snapshot_id,
        locale=store.settings.locale,
        sections=[section(store, words) for section in sections],
        alarms=alarms,
        place=store.name if store.name == store.store_id else f"{store.name} ({store.store_id})",
        privacy=words(f"store.privacy{exact}", least=words.small_cell, step=words.step),
    )


def _too_few(store: Store, words: Words) -> Section:
    note = Note(words("store.too_few", least=words.small_cell))
    return Section("customers", words("customers.title"), "", [note])


def store_sales(store: Store, words: Words) -> Section:
    """What this store sold, and how that compares."""
    days, compared = store.query("sales_by_day"), store.query("compared_days")
    blocks: list[Block] = [Note(words("store.no_sales"))]
    if compared and days:
        target = next((row["target_amount"] for row in days if row["day_on"] == store.as_of), None)
        blocks = [day_tiles(compared, words, target, DAY)]
        if target is None:
            blocks.append(Note(words("store.no_target")))
        blocks += [days_drawing(store, words, days), *period_grid(store.query("month_figures"), words, "month", MONTH)]
    return Section("sales", words("sales.title"), words("store.sales_lead"), blocks)


def store_churn(store: Store, words: Words) -> Section:
    """Who of this store may not come again, and how good the model is."""
    levels = store.query("churn_levels")
    blocks: list[Block] = [Note(words("churn.none"))]
    if levels:
        blocks = [risk_levels(levels, words), *abstentions(levels, words), *_measured(store, words, "churn")]
    horizon = max((row["horizon_days"] for row in levels), default=store.settings.churn.horizon_days)
    return Section("churn", words("churn.title"), words("churn.lead", days=horizon), blocks)


def store_value(store: Store, words: Words) -> Section:
    """What the customers of this store brought, wherever they bought, and are expected to bring."""
    totals = store.query("lifetime_totals")
    blocks: list[Block] = [Note(words("value.none"))]
    if totals:
        blocks = [value_totals(totals, words), *_measured(store, words, PUBLISHED)]
    return Section("value", words("value.title"), words("value.lead"), blocks)


def _measured(store: Store, words: Words, model: str) -> Iterator[Block]:
    wanted = CHURN_MEASURES if model == "churn" else VALUE_MEASURES
    told = list(measures(store.models, words, model, wanted, with_sample=False))
    if told:
        yield from told
        yield Note(words("store.measures_note"))


def store_lists(store: Store, words: Words) -> Section:
    """The list beside the page, and whom each channel may reach."""
    there = words("store.list_there", files=", ".join(LIST_FILES))
    blocks: list[Block] = [Note(there if store.listed.height else words("store.list_none"))]
    reach = store.query("reach")
    if reach:
        rows = [_reached(words.name("channel", row["consent_channel"]), row, store, words) for row in reach]
        columns = [Column(words("column.channel"))]
        columns += [Column(words(f"column.{name}"), "count") for name in ("reachable", "agreed")]
        blocks.append(Grid("reach", words("store.reach"), columns, rows, words("store.reach_note")))
    return Section("lists", words("lists.title"), words("store.lists_lead"), blocks)


def _reached(name: str, row: dict[str, int], store: Store, words: Words) -> Sequence[Value]:
    """Reachable of all and agreed of reachable, unless those or the others are few."""
    wholes = (store.customer_count, row["reachable_count"])
    parts = (row["reachable_count"], row["consented_count"])
    return name, *(_part(part, whole, words) for part, whole in zip(parts, wholes, strict=True))


def _part(part: int, whole: int, words: Words) -> Value:
    is_few = any(0 < count < words.small_cell for count in (part, whole - part))
    return WITHHELD if is_few else rounded(part, words.step)
