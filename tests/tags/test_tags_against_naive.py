"""The SQL and the plain Python of naive_tags agree, customer by customer, on random shops.

Finished nights have theirs in test_tags_of_nights.
"""

from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path

import pytest
from customer_shop import AS_OF, aged, shop_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_tags import TAGS, Given, Rows, naive_tags
from tag_shop import SOURCES, Event, Line, Sale, TagShop, World

from pipeline.tag_settings import TaggingSettings

SMALL = {"discount_orders": 2, "affinity_orders": 2, "weekend_orders": 2, "night_orders": 1, "preference_lines": 2}
"""Smaller counts than the defaults, so that small shops reach them."""
LINES = st.builds(
    Line,
    sku=st.sampled_from(["s1", "s2", "s3", "s4"]),
    category=st.sampled_from(["tea", "coffee", "jam", None]),
    price=st.sampled_from([5_000, 10_000, 33_333, 250_000]),
    discount=st.sampled_from([0, 0, 1, 2_500, 5_000, None]),
    refund=st.sampled_from([0, 0, 0, 1, 2_500]),
    kind=st.sampled_from(["goods", "goods", "goods", "service"]),
)
AGES = st.one_of(st.integers(0, 40), st.sampled_from([59, 60, 89, 90, 180, 270, 364, 365, 366, 500]))
PEOPLE = st.sampled_from([*"abcdefgh", None])
SALES = st.builds(
    Sale,
    who=PEOPLE,
    age=AGES,
    lines=st.lists(LINES, min_size=1, max_size=3).map(tuple),
    channel=st.sampled_from(["pos", "jd"]),
    at=st.sampled_from([time(0), time(5, 59), time(6), time(12), time(22)]),
    is_unpaid=st.sampled_from([False, False, False, True]),
)
EVENTS = st.builds(
    Event,
    who=st.sampled_from("abcdefgh"),
    age=st.integers(0, 40),
    kind=st.sampled_from(["cart", "view"]),
    sku=st.sampled_from(["s1", "s2", None]),
)
LAUNCHES = st.dictionaries(st.sampled_from(["s1", "s2"]), st.integers(0, 90), max_size=2)


def shown(given_tags: Mapping[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    return sorted((tag, who, value) for (who, tag), value in given_tags.items())


@given(sales=st.lists(SALES, min_size=10, max_size=60), events=st.lists(EVENTS, max_size=10), launches=LAUNCHES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_shops(tmp_path: Path, sales: list[Sale], events: list[Event], launches: dict[str, int]) -> None:
    shop = TagShop(tmp_path, shop_settings(sources=SOURCES, tagging=SMALL))
    launched = {sku: aged(age) for sku, age in launches.items()}
    world = World(sales, events, products={sku: {"launched_on": day} for sku, day in launched.items()})
    rows = Rows(
        shop.order_rows(sales),
        shop.line_rows(sales),
        [(event.who, event.kind, aged(event.age), event.sku) for event in events],
        launched,
        AS_OF,
        TaggingSettings(**SMALL),
    )
    assert shown(shop.given(world, *TAGS)) == shown(naive_tags(rows))


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_an_empty_shop_has_no_tags(tag: Callable[[Rows], Given]) -> None:
    assert tag(Rows([], [], [], {}, AS_OF, TaggingSettings())) == {}
