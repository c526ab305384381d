"""Every tag and every preferred channel of a finished night, customer by customer, are those of plain Python.

Rows come from the ledger, the clean tables and the attributes of the night; of what the scores computed only the
scores themselves are read, which have a judge of their own.
"""

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from judged_night import JudgedNight, complaints
from naive_tags import TAGS, Given, Rows, naive_tags
from naive_traits import TRAITS, Told, naive_traits

from pipeline.engine import Engine
from pipeline.settings import EngineSettings
from pipeline.tag_settings import ContactSettings
from pipeline.tags.library import starting_library
from pipeline.tags.steps import preferred_channels


@pytest.fixture(scope="module")
def told(judged: JudgedNight) -> Told:
    chosen, library = judged.settings, starting_library()
    keys: dict[str, set[str]] = defaultdict(set)
    for row in judged.rows("customer_profiles"):
        keys[row["customer_id"]].update(row["key_types"].split(","))
    tickets = [
        (who, ticket["opened_at"].date(), ticket["reason"], is_bad, f"{ticket['source']}:{ticket['row_key']}")
        for who, ticket, is_bad in complaints(judged)
        if who is not None
    ]
    answers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (who, _), (sent, answered) in contacts(judged).items():
        answers[who] = [answers[who][0] + sent, answers[who][1] + answered]
    return Told(
        rows_of(judged), list(judged.rows("customer_attributes")), keys,
        {row["customer_id"]: row for row in judged.rows("rfm_scores")}, tickets,
        {who: (sent, answered) for who, (sent, answered) in answers.items()}, brands(judged),
        {**library.styles, **chosen.tagging.styles}, {**library.services, **chosen.tagging.services},
        chosen.rfm.high_score, chosen.kpis.store_channels,
    )  # fmt: skip


def rows_of(night: JudgedNight) -> Rows:
    events = [(who, row["event_type"], row["event_at"].date(), row["sku"]) for who, row in night.owned("clean_events")]
    launched: dict[str, date] = {}
    for row in night.rows("clean_products"):
        if row["launched_on"] is not None:
            launched[row["sku"]] = min(launched.get(row["sku"], row["launched_on"]), row["launched_on"])
    orders = night.rows(
        "orders", "customer_id", "ordered_on", "ordered_at", "is_purchase", "excluded_because", "net_amount",
        "refund_amount", "channel", "is_gift", "coupon_code",
    )  # fmt: skip
    lines = night.rows(
        "order_lines", "customer_id", "order_key", "line_id", "ordered_on", "is_purchase", "excluded_because",
        "line_kind", "sku", "product_name", "category", "list_amount", "discount_amount", "paid_amount", "net_amount",
    )  # fmt: skip
    return Rows(list(orders), list(lines), events, launched, night.as_of, night.settings.tagging)


def brands(night: JudgedNight) -> dict[str, str]:
    """sku → the brand that the first master tells."""
    masters = sorted(night.rows("clean_products"), key=lambda row: f"{row['source']}:{row['row_key']}", reverse=True)
    return {row["sku"]: row["brand"] for row in masters if row["brand"] is not None}


def contacts(night: JudgedNight) -> dict[tuple[str, str | None], tuple[int, int]]:
    """(customer, channel of the campaign) → messages delivered outside hold-outs, and answered."""
    channel: dict[str, str] = {}
    for row in night.rows("clean_campaigns"):
        if row["channel"] is not None:
            channel[row["campaign_id"]] = min(channel.get(row["campaign_id"], row["channel"]), row["channel"])
    counts: dict[tuple[str, str | None], tuple[int, int]] = {}
    for who, row in night.owned("clean_campaign_contacts"):
        received = row["delivered_at"] if row["has_delivery_column"] else row["sent_at"]
        if not row["is_control"] and received is not None and received.date() <= night.as_of:
            moments = (row["responded_at"], row["clicked_at"])
            answered = any(moment is not None and moment.date() <= night.as_of for moment in moments)
            key = (who, channel.get(row["campaign_id"]))
            sent, before = counts.get(key, (0, 0))
            counts[key] = (sent + 1, before + answered)
    return counts


def test_every_tag_has_a_judge() -> None:
    assert {*TAGS, *TRAITS} == {tag.name for tag in starting_library().tags}


def test_tags(judged: JudgedNight, told: Told) -> None:
    expected = {
        key: value
        for key, value in {**naive_tags(told.rows), **naive_traits(told)}.items()
        if key[0] not in judged.left_alone
    }
    own = {tag.name for tag in judged.settings.tags}
    rows = judged.rows("customer_tags", "customer_id", "tag", "value")
    made: Given = {(row["customer_id"], row["tag"]): row["value"] for row in rows if row["tag"] not in own}
    for tag in sorted({*TAGS, *TRAITS}):
        assert of_tag(made, tag) == of_tag(expected, tag), tag
    given = Counter(tag for _, tag in made)
    assert len(given) >= (25 if judged.is_sample else 10), given


def of_tag(given: Given, tag: str) -> dict[str, str]:
    return {who: value for (who, name), value in given.items() if name == tag}


def test_counts_behind_the_channels(judged: JudgedNight) -> None:
    expected: dict[tuple[str, str], list[Any]] = {
        (who, channel): [sent, answered, 0, None]
        for (who, channel), (sent, answered) in contacts(judged).items()
        if channel is not None
    }
    for order in judged.rows("orders", "customer_id", "channel", "ordered_on", "is_purchase"):
        if order["is_purchase"] and order["customer_id"] is not None:
            counted = expected.setdefault((order["customer_id"], order["channel"]), [0, 0, 0, None])
            counted[2] += 1
            counted[3] = max(counted[3] or order["ordered_on"], order["ordered_on"])
    columns = ("delivered_count", "response_count", "order_count", "last_order_on")
    found = {
        (row["customer_id"], row["channel"]): [row[name] for name in columns]
        for row in judged.rows("customer_channels")
    }
    assert found == expected


@pytest.mark.parametrize("least", [None, 1, 2])
def test_preferred_channels(judged: JudgedNight, tmp_path: Path, least: int | None) -> None:
    """The best answered channel with enough messages and answers; else the one of most purchases.

    As the night says, and where 1 or 2 messages are enough, for few of a small sample got more.
    """
    rules, table = judged.settings.contacts, judged.snapshot.table("preferred_channels")
    if least is not None:
        rules = ContactSettings(min_delivered=least, min_responses=1)
        engine, chosen = Engine(EngineSettings(), tmp_path), judged.settings.model_copy(update={"contacts": rules})
        channels = judged.snapshot.table("customer_channels")
        table = preferred_channels(channels, engine=engine, settings=chosen, path=tmp_path / "preferred.parquet")
    expected = naive_channels(judged, rules)
    assert {row[0]: row[1:] for row in table.read().iter_rows()} == expected
    if judged.is_sample and least is not None:
        assert {source for _, source, *_ in expected.values()} == {"response", "purchases"}


def naive_channels(night: JudgedNight, rules: ContactSettings) -> dict[str, tuple[str | None, ...]]:
    answered: dict[str, list[Any]] = defaultdict(list)
    bought: dict[str, list[Any]] = defaultdict(list)
    for row in night.rows("customer_channels"):
        who, channel = row["customer_id"], row["channel"]
        if row["delivered_count"] >= rules.min_delivered and row["response_count"] >= rules.min_responses:
            answered[who].append((-row["response_rate"], -row["response_count"], channel))
        if row["order_count"]:
            bought[who].append((-row["order_count"], -row["last_order_on"].toordinal(), channel))
    expected = {}
    for who in {*answered, *bought}:
        contact = min(answered[who])[2] if answered[who] else None
        purchase = min(bought[who])[2] if bought[who] else None
        expected[who] = (contact or purchase, "response" if contact else "purchases", contact, purchase)
    return expected
