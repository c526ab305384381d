"""Whom to write to on finished nights: birthdays, anniversaries, wake-ups and carts are those of plain Python.

The solar calendar and the other defaults; moons and leap days have tables of their own in test_care_dates.
"""

import inspect
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from judged_night import JudgedNight

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.membership import steps
from pipeline.membership_settings import CareSettings

Occasion = tuple[str, str, date]
"""Customer, occasion, day."""


def is_kept_on(day: date, remembered: date) -> bool:
    """The same month and day; 29 February is kept on the 28th of a year without one."""
    if (remembered.month, remembered.day) == (2, 29):
        return (day + timedelta(days=1)).month == 3 and day.month == 2
    return (day.month, day.day) == (remembered.month, remembered.day)


def celebrations(night: JudgedNight, care: CareSettings) -> Iterator[Occasion]:
    births = {
        row["customer_id"]: date.fromisoformat(row["attribute_value"])
        for row in night.rows("customer_values")
        if row["attribute"] == "birth_date"
    }
    for who, born in births.items():
        for ahead in range(1, care.birthday_days + 1):
            day = night.as_of + timedelta(days=ahead)
            if is_kept_on(day, born) and born <= night.as_of:
                yield who, "birthday", day
    for row in night.rows("customer_attributes"):
        for ahead in range(1, care.anniversary_days + 1):
            day, registered = night.as_of + timedelta(days=ahead), row["registered_on"]
            if registered is not None and registered.year < day.year and is_kept_on(day, registered):
                yield row["customer_id"], "anniversary", day


def sleepers(night: JudgedNight) -> Iterator[Occasion]:
    """In stage dormant, which has a judge of its own, since when."""
    for row in night.rows("lifecycle_stages"):
        if (row["profile"], row["stage"]) == (night.settings.care.wake_up_profile, "dormant"):
            yield row["customer_id"], "wake_up", row["since_on"]


def bought(night: JudgedNight) -> dict[tuple[str, str | None], datetime]:
    """(customer, sku) → when it was last bought; sku None: anything."""
    last: dict[tuple[str, str | None], datetime] = {}
    for line in night.rows("order_lines", "customer_id", "sku", "is_purchase", "ordered_at", "ordered_on"):
        if line["is_purchase"] and line["customer_id"] is not None:
            at = line["ordered_at"]
            if at.time() == time(0):  # an export of days: bought at some time of the day
                at = datetime.combine(line["ordered_on"] + timedelta(days=1), time(0))
            for key in ((line["customer_id"], line["sku"]), (line["customer_id"], None)):
                last[key] = max(last.get(key, at), at)
    return last


def carts(night: JudgedNight, care: CareSettings) -> Counter[Occasion]:
    """(customer, occasion, day of the cart) → products that were not bought since."""
    last: dict[tuple[str, str | None], datetime] = {}
    for who, event in night.owned("clean_events"):
        age = (night.as_of - event["event_at"].date()).days
        if event["event_type"] == "cart" and 0 <= age < care.cart_days:
            key = (who, event["sku"])
            last[key] = max(last.get(key, event["event_at"]), event["event_at"])
    paid = bought(night)
    left = (key for key, at in last.items() if key not in paid or paid[key] < at)
    return Counter((key[0], "cart", last[key].date()) for key in left)


WIDE = CareSettings(birthday_days=60, anniversary_days=60, cart_days=90)
"""Days in which somebody of a small sample has a birthday."""


@pytest.mark.parametrize("care", [None, WIDE], ids=["as the night says", "wide"])
def test_care_dates(judged: JudgedNight, tmp_path: Path, care: CareSettings | None) -> None:
    table = judged.snapshot.table("care_dates") if care is None else made_with(care, judged, tmp_path)
    chosen = care or judged.settings.care
    left = {key: count for key, count in carts(judged, chosen).items() if key[0] not in judged.left_alone}
    celebrated = (*celebrations(judged, chosen), *sleepers(judged))
    others = {each for each in celebrated if each[0] not in judged.left_alone}
    rows = table.read().rows(named=True)
    found = {(row["customer_id"], row["occasion"], row["due_on"]): row["item_count"] for row in rows}
    assert len(found) == len(rows)
    assert found == {**dict.fromkeys(others), **left}
    kinds = {row["occasion"] for row in rows}
    everything = {"birthday", "anniversary", "cart", "wake_up"}
    assert kinds >= (everything if judged.is_sample and care else {"wake_up"})


def made_with(care: CareSettings, night: JudgedNight, folder: Path) -> Table:
    """care_dates of the night under other settings."""
    told = {"settings": night.settings.model_copy(update={"care": care}), "as_of": night.as_of}
    calendar = steps.care_calendar(path=folder / "calendar.parquet", **told)
    given = {**told, "engine": Engine(night.settings.engine, folder), "path": folder / "care.parquet"}
    names = [name for name in inspect.signature(steps.care_dates).parameters if name not in given]
    tables = (calendar if name == "care_calendar" else night.snapshot.table(name) for name in names)
    return steps.care_dates(*tables, **given)
