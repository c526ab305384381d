"""The persons of the sample: households, names, births, homes.

How they can be reached, which cards they hold and how they buy stand in `contacts`, `membership` and
`temperament`; this module only puts all of it together into one table.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from pipeline.samples.catalogue import Catalogue
from pipeline.samples.chance import Flags, Ints, picked, ranks_within, stream
from pipeline.samples.contacts import contacts
from pipeline.samples.days import Calendar
from pipeline.samples.membership import memberships
from pipeline.samples.names import (
    ESTATES,
    FEMALE_CHARACTERS,
    MALE_CHARACTERS,
    STREETS,
    SURNAME_PINYIN,
    SURNAME_WEIGHTS,
    SURNAMES,
)
from pipeline.samples.places import CITIES, CITY_WEIGHTS, full_province
from pipeline.samples.temperament import temperaments
from pipeline.samples.traps import Traps

HOUSEHOLD_SIZES = (0.60, 0.28, 0.12)
NEAR_A_STORE = 0.86
LIVES_IN_STORE_CITY = 0.95
TWO_CHARACTERS = 0.86
EPOCH = date(1970, 1, 1)
CITY_TABLE = pl.DataFrame(
    {
        "province": [city.province for city in CITIES],
        "full_province": [full_province(city.province) for city in CITIES],
        "city": [city.name for city in CITIES],
    }
)


@dataclass(frozen=True)
class Population:
    """One row of `people` per person, in the order of their numbers."""

    people: pl.DataFrame

    def of(self, numbers: pl.Series, *columns: str) -> pl.DataFrame:
        """Columns of the persons with these numbers, in that order."""
        return self.people.select(pl.col(column).gather(numbers) for column in columns)


def build_population(seed: int, size: int, calendar: Calendar, catalogue: Catalogue, traps: Traps) -> Population:
    """Draw everybody; the same arguments give the same people."""
    people = _homes(seed, _households(seed, size, calendar), catalogue)
    people = people.hstack(contacts(seed, people, calendar, traps))
    people = people.hstack(temperaments(seed, people, calendar))
    people = people.hstack(memberships(seed, people, calendar, catalogue, traps))
    return Population(people)


def _households(seed: int, size: int, calendar: Calendar) -> pl.DataFrame:
    """One row per person: person_id, household, place_in_household, is_female, name, birth_date."""
    rng = stream(seed, "households")
    sizes = picked(rng, np.array(HOUSEHOLD_SIZES), size) + 1
    place = ranks_within(sizes)[:size]
    household = np.repeat(np.arange(size), sizes)[:size]
    female = rng.random(size) < 0.56
    female[1:] = np.where(place[1:] == 1, ~female[:-1], female[1:])
    surname = picked(rng, SURNAME_WEIGHTS, size)
    fathers = np.where(female[np.maximum(np.arange(size) - 1, 0)], np.arange(size) - 2, np.arange(size) - 1)
    surname = np.where(place == 2, surname[fathers], surname)
    return pl.DataFrame(
        {
            "person_id": pl.int_range(1, size + 1, eager=True).cast(pl.String).str.zfill(7),
            "household": household,
            "place_in_household": place,
            "is_female": female,
            "name": _names(rng, surname, female),
            "surname_pinyin": pl.Series(SURNAME_PINYIN).gather(surname),
            "birth_date": _births(rng, place, calendar),
        }
    ).with_columns(person_id="P" + pl.col("person_id"))


def _names(rng: np.random.Generator, surname: Ints, female: Flags) -> pl.Series:
    size = len(surname)
    parts = pl.DataFrame({"surname": pl.Series(SURNAMES).gather(surname), "female": female})
    for order in ("first", "second"):
        women = pl.Series(FEMALE_CHARACTERS).gather((rng.random(size) ** 1.4 * len(FEMALE_CHARACTERS)).astype(int))
        men = pl.Series(MALE_CHARACTERS).gather((rng.random(size) ** 1.4 * len(MALE_CHARACTERS)).astype(int))
        parts = parts.with_columns(pl.when("female").then(women).otherwise(men).alias(order))
    parts = parts.with_columns(long=pl.Series(rng.random(size) < TWO_CHARACTERS))
    second = pl.when("long").then("second").otherwise(pl.lit(""))
    return parts.select(pl.concat_str("surname", "first", second))["surname"]


def _births(rng: np.random.Generator, place: Ints, calendar: Calendar) -> pl.Series:
    """Couples are of an age; a third member is a grown-up child or, as often, a parent."""
    size = len(place)
    age = 18 + rng.gamma(4.2, 4.6, size)
    age[1:] = np.where(place[1:] == 1, np.maximum(age[:-1] + rng.normal(0, 2.5, size - 1), 19), age[1:])
    grown_up = rng.random(size) < 0.5
    age = np.where(place == 2, np.where(grown_up, rng.uniform(16, 24, size), rng.uniform(58, 76, size)), age)
    days = (calendar.until - EPOCH).days - (np.minimum(age, 86) * 365.25).astype(np.int64)
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _homes(seed: int, people: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Add home_store (-1 = none near), province, full_province, city, district, address."""
    rng = stream(seed, "homes")
    size = people.height
    near = rng.random(size) < NEAR_A_STORE
    store = np.where(near, rng.integers(0, catalogue.store_count, size), -1)
    store_city = catalogue.stores["city_number"].to_numpy()[store]
    in_city = near & (rng.random(size) < LIVES_IN_STORE_CITY)
    city = np.where(in_city, store_city, picked(rng, CITY_WEIGHTS, size))
    district_counts = np.array([len(place.districts) for place in CITIES])
    district = (rng.random(size) * district_counts[city]).astype(np.int64)
    first_district = np.cumsum(district_counts) - district_counts
    all_districts = pl.Series([name for place in CITIES for name in place.districts])
    homes = CITY_TABLE.select(pl.all().gather(city)).with_columns(
        home_store=pl.Series(store),
        district=all_districts.gather(first_district[city] + district),
        address=_addresses(rng, size),
    )
    return people.hstack(homes.select(pl.all().gather(people["household"])))


def _addresses(rng: np.random.Generator, size: int) -> pl.Series:
    parts = pl.DataFrame(
        {
            "street": pl.Series(STREETS).gather(rng.integers(0, len(STREETS), size)),
            "number": rng.integers(1, 900, size),
            "estate": pl.Series(ESTATES).gather(rng.integers(0, len(ESTATES), size)),
            "building": rng.integers(1, 30, size),
            "room": rng.integers(1, 25, size) * 100 + rng.integers(1, 5, size),
        }
    )
    return parts.select(
        pl.format("{}{}号{}{}栋{}室", "street", "number", "estate", "building", "room").alias("address")
    )["address"]
