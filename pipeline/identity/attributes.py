"""What a person looks like to everybody: surviving values with their sources, names and contacts only masked.

Raw contacts stay in `contact_points`. Scores and facts of trade do not belong here.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.clean.masking import mask_email, mask_name, mask_phone
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import AGE_BANDS

AGE_BREAKS = (14, 18, 25, 35, 45, 55, 65)
"""Each band of AGE_BANDS ends before the break at its place; the last has no end."""


def contact_points(
    keys: Table, guards: Table, lives: Table, customers: Table, *, night: IdentityNight, path: Path
) -> Table:
    """The raw contacts of every person: restricted, the only source of lists."""
    tables = [keys, guards, lives, customers]
    return night.engine.run("identity/contact_points.sql", tables, {}, TABLES["contact_points"], path)


def customer_values(
    customers: Table, values: Table, names: Table, keys: Table, contacts: Table, *, night: IdentityNight, path: Path
) -> Table:
    """The value of each attribute that survives among a person's profiles, unmasked: restricted."""
    tables = [customers, values, names, keys, contacts]
    return night.engine.run("identity/customer_values.sql", tables, {}, TABLES["customer_values"], path)


def customer_attributes(
    customers: Table, profiles: Table, profile_values: Table, values: Table, *, night: IdentityNight, path: Path
) -> Table:
    """One row per person, masked; age and being a minor are told as of the night."""
    frame = _persons(customers, profiles, profile_values, night)
    told = values.scan().select("customer_id", "attribute", "attribute_value", "source")
    for attribute in (
        "name",
        "phone",
        "email",
        "gender",
        "birth_date",
        "place",
        "home_store_id",
        "acquisition_channel",
    ):
        columns = {"attribute_value": attribute, "source": f"{attribute}_from"}
        one = told.filter(pl.col("attribute") == attribute).drop("attribute").rename(columns)
        frame = frame.join(one, on="customer_id", how="left")
    return write_table(TABLES["customer_attributes"], _shown(frame, night.as_of), path)


def _persons(customers: Table, profiles: Table, profile_values: Table, night: IdentityNight) -> pl.LazyFrame:
    """What the profiles of a person say together: one member, one refusal, one child's birth date is enough."""
    birth_date = pl.col("attribute_value").str.to_date("%Y-%m-%d")
    births = profile_values.scan().filter(pl.col("attribute") == "birth_date").select(*PROFILE, birth_date=birth_date)
    is_young = pl.col("birth_date") > birthday_bound(night.as_of, night.settings.privacy.minor_age)
    young = births.group_by(PROFILE).agg(is_minor=is_young.any())
    told = profiles.scan().select(*PROFILE, "is_member", "registered_on", "profiling_opt_out")
    owned = customers.scan().select(*PROFILE, "customer_id").join(told, on=PROFILE).join(young, on=PROFILE, how="left")
    return owned.group_by("customer_id").agg(
        pl.col("is_member", "profiling_opt_out").any(),
        pl.col("is_minor").fill_null(value=False).any(),
        pl.col("registered_on").min(),
        profile_count=pl.len(),
    )


def birthday_bound(as_of: date, age: int) -> date:
    """Whoever is born after this day is younger than `age` on `as_of`."""
    try:
        return as_of.replace(year=as_of.year - age)
    except ValueError:
        return date(as_of.year - age, 2, 28)


def age_on(birth_date: pl.Expr, as_of: date) -> pl.Expr:
    """Full years on a day; null before the birth."""
    month, day = birth_date.dt.month(), birth_date.dt.day()
    has_birthday_ahead = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    years = as_of.year - birth_date.dt.year().cast(pl.Int64) - has_birthday_ahead.cast(pl.Int64)
    return pl.when(birth_date <= as_of).then(years)


def age_band(age: pl.Expr) -> pl.Expr:
    """The band that an age falls into."""
    under = [pl.when(age < limit).then(pl.lit(band)) for limit, band in zip(AGE_BREAKS, AGE_BANDS, strict=False)]
    return pl.coalesce(*under, pl.when(age >= AGE_BREAKS[-1]).then(pl.lit(AGE_BANDS[-1])))


def _shown(frame: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    birth_date = pl.col("birth_date").str.to_date("%Y-%m-%d")
    known = frame.with_columns(birth_date=pl.when(birth_date <= as_of).then(birth_date))
    place = [pl.col("place").str.split("/").list.get(part, null_on_oob=True) for part in (0, 1)]
    return known.with_columns(
        name_masked=mask_name(pl.col("name")),
        phone_masked=mask_phone(pl.col("phone")),
        email_masked=mask_email(pl.col("email")),
        gender_source="gender_from",
        birth_year=pl.col("birth_date").dt.year(),
        birth_year_source=pl.when(pl.col("birth_date").is_not_null()).then("birth_date_from"),
        age_band=age_band(age_on(pl.col("birth_date"), as_of)),
        province=pl.when(place[0] != "").then(place[0]),
        city=pl.when(place[1] != "").then(place[1]),
        city_source="place_from",
    )
