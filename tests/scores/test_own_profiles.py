"""Lifecycle profiles of the retailer's own, side by side with the built-in ones: conditions, boundary days, errors."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, Purchase, Shop, aged, shop_settings
from test_movement import Nights

from pipeline.errors import SettingsError
from pipeline.scores import stage_steps
from pipeline.scores.own_profiles import features_named, own_rules

STRICT = {
    "name": "guide_60",
    "buyers": [
        {"stage": "churned", "where": "recency_days >= 120"},
        {"stage": "dormant", "where": "recency_days >= 60", "label": "沉睡"},
        {"stage": "new", "where": "guide_new"},
        {"stage": "mature", "where": "guide_mature"},
        {"stage": "growing", "where": "orders_60d_count >= 3"},
    ],
    "prospects": [{"stage": "new", "where": "known_days < 7"}],
}
"""The guide with other days."""
MONTHLY = {
    "name": "by_month",
    "buyers": [
        {"stage": "asleep", "where": "recency_months >= 3"},
        {"stage": "loyal", "where": "this_month_order_count >= 1 and last_month_order_count >= 1"},
        {"stage": "active", "where": "this_month_order_count >= 1"},
    ],
    "other_buyers": "quiet",
    "other_prospects": "unknown",
}
"""Stages by calendar months."""


def stages_of(shop: Shop, registered: int | None, ages: list[int]) -> dict[str, str]:
    people = shop.people({"a": None if registered is None else aged(registered, shop.as_of)})
    orders = shop.orders([("a", age, 100) for age in ages])
    rows = shop.stages(shop.facts(orders, people), people).read().rows(named=True)
    assert all(row["stage"] == row["matched_stages"].split(",")[0] for row in rows)
    return {row["profile"]: row["matched_stages"] for row in rows}


@pytest.mark.parametrize(
    ("why", "registered", "ages", "guide", "own"),
    [
        ("59 days", 400, [59], "regular", "regular"),
        ("60 days", 400, [60], "regular", "dormant"),
        ("90 days", 400, [90], "dormant", "dormant"),
        ("119 days", 400, [119], "dormant", "dormant"),
        ("120 days", 400, [120], "dormant", "churned,dormant"),
        ("180 days", 400, [180], "churned,dormant", "churned,dormant"),
        ("rules of the guide may be named", 400, [0, 30, 60], "mature", "mature"),
        ("the new are those of the guide", 29, [5], "new", "new"),
        ("three purchases in 60 days, one in 30", 400, [1, 31, 59], "regular", "growing"),
        ("three purchases in 61 days", 400, [1, 31, 60], "mature", "mature"),
        ("never bought, card 6 days old", 6, [], "new", "new"),
        ("never bought, card 7 days old", 7, [], "new", "prospect"),
        ("never bought, no card", None, [], "prospect", "prospect"),
    ],
)
def test_the_guide_with_other_days(
    tmp_path: Path, why: str, registered: int | None, ages: list[int], guide: str, own: str
) -> None:
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [STRICT]}))
    found = stages_of(shop, registered, ages)
    assert (found["guide"], found["guide_60"]) == (guide, own), why
    assert set(found) == {"guide", "active", "funnel", "own_cycle", "guide_60"}


@pytest.mark.parametrize(
    ("as_of", "bought", "stage"),
    [
        (date(2026, 6, 30), date(2026, 6, 1), "active"),
        (date(2026, 6, 30), date(2026, 5, 31), "quiet"),
        (date(2026, 6, 30), date(2026, 3, 31), "quiet"),
        (date(2026, 6, 30), date(2026, 3, 30), "asleep"),
        (date(2026, 7, 1), date(2026, 4, 1), "asleep"),
        (date(2026, 7, 1), date(2026, 4, 2), "quiet"),
        (date(2026, 7, 1), date(2026, 6, 30), "quiet"),
        (date(2026, 2, 28), date(2025, 11, 28), "asleep"),
        (date(2026, 2, 28), date(2025, 11, 29), "quiet"),
        (date(2026, 3, 1), date(2025, 11, 30), "asleep"),
        (date(2024, 2, 29), date(2023, 11, 29), "asleep"),
        (date(2026, 1, 15), date(2025, 10, 15), "asleep"),
        (date(2026, 1, 15), date(2025, 10, 16), "quiet"),
    ],
)
def test_calendar_months(tmp_path: Path, as_of: date, bought: date, stage: str) -> None:
    """Three months are over on the same day of the month, as twelve are for tiers."""
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [MONTHLY]}), as_of)
    assert stages_of(shop, None, [(as_of - bought).days])["by_month"] == stage


def test_months_are_those_of_the_calendar(tmp_path: Path) -> None:
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [MONTHLY]}), date(2026, 3, 1))
    assert stages_of(shop, None, [0, 1])["by_month"] == "loyal,active", "1 March and 28 February"
    assert stages_of(shop, None, [0, 28])["by_month"] == "loyal,active", "1 February"
    assert stages_of(shop, None, [0, 29])["by_month"] == "active", "31 January"
    assert stages_of(shop, None, [])["by_month"] == "unknown"


def test_what_is_not_known_holds_for_nobody(tmp_path: Path) -> None:
    own = {"name": "open", "buyers": [{"stage": "calm", "where": "not (open_complaint_age_days < 30)"}],
           "prospects": [{"stage": "seen", "where": "activity_age_days < 5 or activity_age_days is null"}]}  # fmt: skip
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [own]}))
    assert stages_of(shop, None, [3])["open"] == "regular"
    assert stages_of(shop, None, [])["open"] == "seen"


def test_rules_are_told_with_label_and_version(tmp_path: Path) -> None:
    def rules(**lifecycle: Any) -> dict[tuple[str, bool, str], tuple[int, str, str, str]]:
        settings = shop_settings(lifecycle={"own_profiles": [STRICT, MONTHLY], **lifecycle})
        table = stage_steps.lifecycle_rules(settings=settings, path=tmp_path / "rules.parquet").read()
        return {row[:3]: row[3:] for row in table.iter_rows()}

    told = rules()
    assert told["guide_60", True, "dormant"][:3] == (2, "沉睡:recency_days >= 60", "沉睡: recency_days >= 60")
    assert told["guide_60", True, "regular"][:3] == (6, "其他已购客户", "any other customer with a purchase")
    assert told["guide_60", False, "new"][:3] == (1, "known_days < 7", "known_days < 7")
    other = rules(new_days=31)
    assert told["guide_60", True, "new"][3] != other["guide_60", True, "new"][3], "it names guide_new"
    assert told["by_month", True, "quiet"][3] == other["by_month", True, "quiet"][3]
    assert told["guide", True, "new"][3] != other["guide", True, "new"][3]


def test_a_built_in_profile_keeps_its_version_beside_own_ones(tmp_path: Path) -> None:
    versions = []
    for number, own in enumerate(([], [STRICT])):
        settings = shop_settings(lifecycle={"own_profiles": own})
        table = stage_steps.lifecycle_rules(settings=settings, path=tmp_path / f"{number}.parquet").read()
        versions.append({row["profile"]: row["profile_version"] for row in table.rows(named=True)})
    assert versions[0].items() <= versions[1].items()


CHANGES = [
    ("a day later", [58], [], ("regular", "dormant", "recency_days 58 → 60 met recency_days >= 60")),
    ("came back", [70], [0], ("dormant", "regular", "recency_days 70 → 0 no longer met recency_days >= 60")),
    ("first purchase", [], [0], ("prospect", "new", "order_count 0 → 1; guide_new false → true met guide_new")),
    (
        "two at once", [118], [],
        ("dormant", "churned", "recency_days 118 → 120 met recency_days >= 120"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "before", "then", "change"), CHANGES, ids=[row[0] for row in CHANGES])
def test_changes_tell_which_condition_turned(
    tmp_path: Path, why: str, before: list[int], then: list[int], change: tuple[str, str, str]
) -> None:
    """`before` are ages on the first of two nights that lie two days apart."""
    nights, settings = Nights(tmp_path), shop_settings(lifecycle={"own_profiles": [STRICT]})
    bought: list[Purchase] = [("a", age + 2, 100) for age in before]
    nights.run(aged(2), bought, {"a": None}, settings)
    nights.run(AS_OF, [*bought, *(("a", age, 100) for age in then)], {"a": None}, settings)
    assert nights.changes["a", "guide_60"] == change, why


def test_another_condition_is_another_definition(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    later = {**STRICT, "buyers": [{"stage": "dormant", "where": "recency_days >= 10"}]}
    for as_of, profile in ((aged(1), STRICT), (AS_OF, later)):
        nights.run(as_of, [("a", 20, 5)], {"a": aged(400)}, shop_settings(lifecycle={"own_profiles": [profile]}))
    assert nights.changes["a", "guide_60"] == ("regular", "dormant", "definition changed")


def test_a_new_profile_has_no_changes_on_its_first_night(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.run(aged(1), [("a", 70, 5)], {"a": aged(400)})
    nights.run(AS_OF, [("a", 70, 5)], {"a": aged(400)}, shop_settings(lifecycle={"own_profiles": [STRICT]}))
    assert nights.changes == {}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("recency_day >= 60", "Did you mean recency_days?"),
        ("recency_days >= 'x'", "lifecycle stage dormant of mine"),
        ("recency_days", "lifecycle stage dormant of mine"),
        ("as_of > date '2026-01-01'", "Write recency_days >= 60"),
        ("recency_days >= (select 1)", "asks a table"),
        ("customer_id = 'a'", "no column of stage_features"),
    ],
)
def test_errors_name_profile_and_stage(where: str, words: str) -> None:
    own = {"name": "mine", "buyers": [{"stage": "dormant", "where": where}]}
    with pytest.raises(SettingsError) as told:
        own_rules(shop_settings(lifecycle={"own_profiles": [own]}).lifecycle)
    assert words in str(told.value)
    assert "dormant of mine" in str(told.value)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ([{"name": "guide", "buyers": STRICT["buyers"]}], "the name guide is taken"),
        ([STRICT, STRICT], "the name guide_60 is taken"),
        ([{"name": "mine", "buyers": []}], "buyers"),
        ([{"name": "mine", "buyers": [{"stage": "regular", "where": "guide_new"}]}], "stage regular twice"),
        ([{"name": "mine", "buyers": [{"stage": "none", "where": "guide_new"}]}], "which means no stage"),
        ([{"name": "mine", "buyers": [{"stage": "x", "when": "guide_new"}]}], "where"),
    ],
)
def test_settings_refuse(own: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        shop_settings(lifecycle={"own_profiles": own})


def test_features_behind_conditions() -> None:
    assert features_named(["guide_mature and RECENCY_DAYS>=3", "no_column = 1"]) == [
        "recency_days", "spend_window_count", "spend_variation",
    ]  # fmt: skip


def test_names_with_underscores_never_meet(tmp_path: Path) -> None:
    """Profile a with stage b_c, and profile a_b with stage c."""
    pairs = [{"name": "a", "buyers": [{"stage": "b_c", "where": "order_count = 1"}]},
             {"name": "a_b", "buyers": [{"stage": "c", "where": "order_count = 2"}]}]  # fmt: skip
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": pairs}))
    people = shop.people({"x": None, "y": None})
    facts = shop.facts(shop.orders([("x", 1, 5), ("y", 1, 5), ("y", 2, 5)]), people)
    rows = shop.stages(facts, people).read()
    assert {profile: by_customer_of(rows, profile) for profile in ("a", "a_b")} == {
        "a": {"x": "b_c", "y": "regular"}, "a_b": {"x": "regular", "y": "c"},
    }  # fmt: skip


def by_customer_of(rows: Any, profile: str) -> dict[str, str]:
    return {row["customer_id"]: row["stage"] for row in rows.rows(named=True) if row["profile"] == profile}


def test_segments_find_them_in_the_wide_row(tmp_path: Path) -> None:
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [STRICT, MONTHLY]}))
    people = shop.people({"a": aged(400, shop.as_of)})
    (row,) = shop.customers(shop.orders([("a", 60, 100)]), people).read().rows(named=True)
    assert row["own_stages"] == ",by_month:quiet,guide_60:dormant,"
