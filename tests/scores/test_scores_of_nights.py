"""The customers of finished nights, one by one: scores, groups and stages are those of plain Python.

Persons are put together from orders, refunds, tickets, visits and contacts of the snapshot, row by row; nothing that
the scores computed is read but what is judged.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from fractions import Fraction
from itertools import combinations

import pytest
from judged_night import JudgedNight, complaints
from naive import Person, rfm_scores, stages
from naive_groups import groups


@pytest.fixture(scope="module")
def people(judged: JudgedNight) -> dict[str, Person]:
    as_of = judged.as_of

    def age(day: date | None) -> int | None:
        return None if day is None or day > as_of else (as_of - day).days

    purchases: dict[str, list[tuple[int, int]]] = defaultdict(list)
    days: dict[str, date] = {}
    for order in judged.rows("orders", "order_key", "customer_id", "is_purchase", "ordered_on", "net_amount"):
        days[order["order_key"]] = order["ordered_on"]
        if order["is_purchase"] and order["customer_id"]:
            purchases[order["customer_id"]].append(((as_of - order["ordered_on"]).days, int(order["net_amount"] * 100)))
    returns = [
        (row["customer_id"], row["refunded_on"] or days.get(row["order_key"]))
        for row in judged.rows("refunds")
        if row["refund_amount"] > 0
    ]
    complained = [(who, ticket["opened_at"].date()) for who, ticket, is_bad in complaints(judged) if is_bad]
    signals = [newest(told, age) for told in (complained, returns, activities(judged))]
    rates = {row["customer_id"]: row["response_rate"] for row in judged.rows("response_rates")}
    registered = {row["customer_id"]: age(row["registered_on"]) for row in judged.rows("customer_attributes")}
    return {
        who: Person(tuple(purchases[who]), known, rates.get(who), *(days.get(who) for days in signals))
        for who, known in registered.items()
    }


def newest(told: Iterable[tuple[str | None, date | None]], age: Callable[[date | None], int | None]) -> dict[str, int]:
    """customer → the smallest age; days after as_of and nobody's are left out."""
    found: dict[str, int] = {}
    for who, day in told:
        days = age(day)
        if who is not None and days is not None:
            found[who] = min(days, found.get(who, days))
    return found


def activities(night: JudgedNight) -> Iterator[tuple[str, date]]:
    """Customer and day of every visit, click and answer."""
    yield from ((who, event["event_at"].date()) for who, event in night.owned("clean_events"))
    for who, contact in night.owned("clean_campaign_contacts"):
        for moment in (contact["clicked_at"], contact["responded_at"]):
            if moment is not None:
                yield who, moment.date()


def test_scores_and_classes(judged: JudgedNight, people: dict[str, Person]) -> None:
    columns = ("customer_id", "r_score", "f_score", "m_score", "c_score", "rfm_class", "rfrc_class")
    found = {who: tuple(scores) for who, *scores in (row.values() for row in judged.rows("rfm_scores", *columns))}
    assert len(found) > 100
    assert found == rfm_scores(people, judged.settings.rfm)


def test_groups(judged: JudgedNight, people: dict[str, Person]) -> None:
    rows = judged.rows("rfm_groups", "customer_id", "rfm_grouping", "rfm_group")
    assert {(who, name): group for who, name, group in (row.values() for row in rows)} == groups(
        people, judged.settings.rfm
    )


def test_stages_of_all_four_profiles(judged: JudgedNight, people: dict[str, Person]) -> None:
    rows = list(judged.rows("lifecycle_stages", "customer_id", "profile", "matched_stages", "stage"))
    found = {(row["customer_id"], row["profile"]): row["matched_stages"] for row in rows}
    assert found == stages(people, judged.settings.lifecycle)
    assert all(row["stage"] == row["matched_stages"].split(",")[0] for row in rows)
    assert len({(row["profile"], row["stage"]) for row in rows}) >= 15, "nearly every stage is given to somebody"


def test_where_two_profiles_agree(judged: JudgedNight, people: dict[str, Person]) -> None:
    """The confusion between any two profiles, counted person by person."""
    given = {key: matched.split(",")[0] for key, matched in stages(people, judged.settings.lifecycle).items()}
    profiles = sorted({profile for _, profile in given})
    expected: Counter[tuple[str, ...]] = Counter(
        (one, given[who, one], other, given[who, other]) for who in people for one, other in combinations(profiles, 2)
    )
    rows = list(judged.rows("profile_confusion"))
    keys = ("profile", "stage", "other_profile", "other_stage")
    assert {tuple(row[key] for key in keys): row["confusion_customer_count"] for row in rows} == expected
    for row in rows:
        sizes = (
            sum(given[who, row[name]] == row[stage] for who in people)
            for name, stage in (("profile", "stage"), ("other_profile", "other_stage"))
        )
        rates = tuple(float(round(Fraction(row["confusion_customer_count"], size), 6)) for size in sizes)
        assert (row["stage_rate"], row["other_stage_rate"]) == rates, row


def test_the_sample_has_every_signal(judged: JudgedNight, people: dict[str, Person]) -> None:
    names = ("complaint", "returned", "visit", "rate", "registered") if judged.is_sample else ("returned",)
    for name in names:
        assert any(getattr(person, name) is not None for person in people.values()), name
