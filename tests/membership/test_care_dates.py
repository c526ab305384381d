"""Whom to write to and when: birthdays by sun and moon, anniversaries, sleepers, carts left behind."""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, aged, shop_settings
from member_club import Club

from pipeline.errors import SettingsError
from pipeline.membership import steps

Due = dict[str, list[tuple[str, date]]]


def due(club: Club, *columns: str) -> Any:
    """customer → occasions with their days, or with other columns."""
    found: dict[str, list[Any]] = {}
    for row in club.run(steps.care_calendar, steps.care_dates).read().rows(named=True):
        found.setdefault(row["customer_id"], []).append(tuple(row[name] for name in columns or ("occasion", "due_on")))
    return found


def born(club: Club, births: Mapping[str, date], **facts: Any) -> None:
    club.write("customer_attributes", [{"customer_id": who, **facts} for who in births])
    values = [
        {"customer_id": who, "attribute": "birth_date", "attribute_value": on.isoformat()} for who, on in births.items()
    ]
    club.write("customer_values", values)


def kept_on(folder: Path, as_of: date, on: date, **care: Any) -> date | None:
    """The coming day on which a birth date is kept, if any."""
    club = Club(folder, shop_settings(care=care), as_of)
    born(club, {"a": on})
    found = due(club)
    return found["a"][0][1] if found else None


SOLAR = [
    ("today is over when the list is read", date(2026, 6, 30), date(1990, 6, 30), {}, None),
    ("tomorrow", date(2026, 6, 30), date(1990, 7, 1), {}, date(2026, 7, 1)),
    ("in three days", date(2026, 6, 30), date(1990, 7, 3), {}, date(2026, 7, 3)),
    ("in four days", date(2026, 6, 30), date(1990, 7, 4), {}, None),
    ("in four days of five", date(2026, 6, 30), date(1990, 7, 4), {"birthday_days": 5}, date(2026, 7, 4)),
    ("over the new year", date(2025, 12, 30), date(1990, 1, 1), {}, date(2026, 1, 1)),
    ("29 February in a leap year", date(2028, 2, 26), date(2000, 2, 29), {}, date(2028, 2, 29)),
    ("29 February else", date(2026, 2, 25), date(2000, 2, 29), {}, date(2026, 2, 28)),
    ("29 February, kept later", date(2026, 2, 26), date(2000, 2, 29), {"leap_birthday": "mar_1"}, date(2026, 3, 1)),
    ("28 February in a leap year", date(2028, 2, 26), date(2001, 2, 28), {}, date(2028, 2, 28)),
]  # fmt: skip
LUNAR = [
    ("born on New Year 2000, kept on New Year", date(2026, 2, 14), date(2000, 2, 5), "lunar", date(2026, 2, 17)),
    ("the solar day is nothing then", date(2026, 2, 3), date(2000, 2, 5), "lunar", None),
    ("born on 15 August by the moon", date(2026, 9, 24), date(2023, 9, 29), "lunar", date(2026, 9, 25)),
    ("born in the leap June of 2025, kept in June", date(2026, 7, 12), date(2025, 7, 25), "lunar", date(2026, 7, 14)),
    ("not again in a leap month", date(2025, 7, 23), date(1990, 6, 23), "lunar", None),
    ("the 30th of a month that has 29 days", date(2026, 2, 14), date(2000, 2, 4), "lunar", date(2026, 2, 16)),
    ("the file says 1 January by the moon", date(2026, 2, 14), date(1985, 1, 1), "lunar_as_written", date(2026, 2, 17)),
]


@pytest.mark.parametrize(("why", "as_of", "on", "care", "kept"), SOLAR, ids=[row[0] for row in SOLAR])
def test_birthdays(tmp_path: Path, why: str, as_of: date, on: date, care: dict[str, Any], kept: date | None) -> None:
    assert kept_on(tmp_path, as_of, on, **care) == kept, why


@pytest.mark.parametrize(("why", "as_of", "on", "calendar", "kept"), LUNAR, ids=[row[0] for row in LUNAR])
def test_lunar_birthdays(tmp_path: Path, why: str, as_of: date, on: date, calendar: str, kept: date | None) -> None:
    assert kept_on(tmp_path, as_of, on, birthday_calendar=calendar) == kept, why


@pytest.mark.parametrize("fact", ["profiling_opt_out", "is_minor"])
def test_who_refused_and_minors_are_left_alone(club: Club, fact: str) -> None:
    born(club, {"a": date(2015, 7, 1)}, **{fact: True, "registered_on": date(2025, 7, 1)})
    club.write("lifecycle_stages", [{"customer_id": "a", "profile": "guide", "stage": "dormant", "since_on": AS_OF}])
    assert due(club) == {}


def test_no_birth_date_is_published(club: Club) -> None:
    born(club, {"a": date(1990, 7, 1)})
    rows = club.run(steps.care_calendar, steps.care_dates).read()
    assert rows.rows() == [("a", "birthday", date(2026, 7, 1), None, None, None)]


def test_anniversaries(club: Club) -> None:
    registered = {"one": date(2025, 7, 1), "nine": date(2017, 7, 3), "none": date(2025, 7, 4), "new": date(2026, 6, 30)}
    club.write("customer_attributes", [{"customer_id": who, "registered_on": on} for who, on in registered.items()])
    assert due(club, "occasion", "due_on", "occasion_years") == {
        "one": [("anniversary", date(2026, 7, 1), 1)],
        "nine": [("anniversary", date(2026, 7, 3), 9)],
    }


class TestWakeUp:
    def club(self, tmp_path: Path, **care: Any) -> Club:
        club = Club(tmp_path, shop_settings(care=care))
        club.write("customer_attributes", [{"customer_id": who} for who in "abc"])
        stages = [("a", "guide", "dormant", 3), ("a", "active", "dormant", 30), ("b", "guide", "regular", 3),
                  ("c", "guide", "dormant", 0)]  # fmt: skip
        club.write("lifecycle_stages", [
            {"customer_id": who, "profile": profile, "stage": stage, "since_on": aged(age)}
            for who, profile, stage, age in stages
        ])  # fmt: skip
        return club

    def test_the_dormant_since_their_first_night(self, tmp_path: Path) -> None:
        assert due(self.club(tmp_path)) == {"a": [("wake_up", aged(3))], "c": [("wake_up", aged(0))]}

    def test_only_for_some_days(self, tmp_path: Path) -> None:
        assert due(self.club(tmp_path, wake_up_days=3)) == {"c": [("wake_up", aged(0))]}
        assert due(self.club(tmp_path, wake_up_days=4)) == {"a": [("wake_up", aged(3))], "c": [("wake_up", aged(0))]}

    def test_by_another_profile(self, tmp_path: Path) -> None:
        assert due(self.club(tmp_path, wake_up_profile="active")) == {"a": [("wake_up", aged(30))]}

    def test_by_a_profile_of_the_retailers_own(self) -> None:
        lifecycle = {
            "own_profiles": [{"name": "monthly", "buyers": [{"stage": "dormant", "where": "recency_months >= 3"}]}]
        }
        settings = shop_settings(lifecycle=lifecycle, care={"wake_up_profile": "monthly"})
        assert settings.care.wake_up_profile == "monthly"

    @pytest.mark.parametrize("profile", ["funnel", "monthly"])
    def test_a_profile_in_which_nobody_sleeps_is_refused(self, profile: str) -> None:
        with pytest.raises(SettingsError, match="those are guide, active, own_cycle"):
            shop_settings(care={"wake_up_profile": profile})


def at(age: int, hour: int) -> datetime:
    return datetime.combine(aged(age), time(hour))


Row = tuple[int, int, str | None]
"""Age, hour (of what is left: number of products), product."""
CARTS: list[tuple[str, list[Row], list[Row], list[Row]]] = [
    ("left behind", [(2, 9, "x")], [], [(2, 1, "x")]),
    ("paid an hour later", [(2, 9, "x")], [(2, 10, "x")], []),
    ("paid a day later", [(2, 9, "x")], [(1, 8, "x")], []),
    ("bought before, put in again", [(2, 9, "x")], [(2, 8, "x")], [(2, 1, "x")]),
    ("something else was bought", [(2, 9, "x")], [(1, 9, "y")], [(2, 1, "x")]),
    ("an export of days: the same day pays", [(2, 9, "x")], [(2, 0, "x")], []),
    ("one of two was bought", [(2, 9, "x"), (2, 10, "y")], [(1, 9, "x")], [(2, 1, "y")]),
    ("two left on one day: the later is named", [(2, 9, "x"), (2, 10, "a")], [], [(2, 2, "a")]),
    ("two days are two rows", [(2, 9, "x"), (1, 9, "y")], [], [(2, 1, "x"), (1, 1, "y")]),
    ("again today: only today", [(2, 9, "x"), (0, 9, "x")], [], [(0, 1, "x")]),
    ("six days ago", [(6, 9, "x")], [], [(6, 1, "x")]),
    ("seven days ago", [(7, 9, "x")], [], []),
    ("a cart without a product", [(2, 9, None)], [], [(2, 1, None)]),
    ("is paid by anything", [(2, 9, None)], [(1, 9, "z")], []),
]  # fmt: skip


@pytest.mark.parametrize(("why", "carts", "lines", "left"), CARTS, ids=[row[0] for row in CARTS])
def test_carts(club: Club, why: str, carts: Any, lines: Any, left: Any) -> None:
    club.write("customer_attributes", [{"customer_id": "a"}])
    club.write("customer_profiles", [{"source": "web", "profile_key": "p", "customer_id": "a"}])
    club.write("clean_events", [
        {"source": "web", "profile_key": "p", "row_key": str(number), "event_type": kind, "sku": sku,
         "event_on": aged(age), "event_at": at(age, hour)}
        for number, (kind, age, hour, sku) in enumerate([*(("cart", *cart) for cart in carts), ("view", 1, 1, "v")])
    ])  # fmt: skip
    club.write("order_lines", [
        {"order_key": str(number), "customer_id": "a", "sku": sku, "is_purchase": True, "ordered_on": aged(age),
         "ordered_at": at(age, hour)}
        for number, (age, hour, sku) in enumerate(lines)
    ])  # fmt: skip
    rows = [("cart", aged(age), count, sku) for age, count, sku in left]
    assert due(club, "occasion", "due_on", "item_count", "sku") == ({"a": rows} if rows else {}), why
