"""Persons who seem to live together: one phone or e-mail, one town, two names.

What keeps two profiles from being one person says something about two persons. Joining persons does not belong here,
nor does a household as a unit: an edge is evidence, and three in a row need not share a table.
"""

from pathlib import Path

import polars as pl

from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS

SHARED = ("phone_names_differ", "email_names_differ")
"""Refusals of a shared key by name. Keys that too many share join nobody and so are not among them."""
TOWN = ("province", "city")


def household_links(links: Table, customers: Table, attributes: Table, *, night: IdentityNight, path: Path) -> Table:
    """One row per two persons of one town whom nothing but their names kept from being one.

    Nobody who refused profiling and no minor is in it.
    """
    refused = links.scan().filter(pl.col("rule").is_in(SHARED)).select(*ENDS, "evidence")
    owner = customers.scan().select(*PROFILE, "customer_id")
    owned = refused.join(owner, left_on=ENDS[:2], right_on=PROFILE)
    both = owned.join(owner, left_on=ENDS[2:], right_on=PROFILE, suffix="_right").collect()
    ends = ("customer_id", "customer_id_right")
    pairs = both.select(
        "evidence", customer_id=pl.min_horizontal(ends), other_customer_id=pl.max_horizontal(ends)
    ).filter(pl.col("customer_id") != pl.col("other_customer_id"))
    one_each = pairs.group_by("customer_id", "other_customer_id").agg(pl.col("evidence").min())
    homes = _homes(attributes)
    there = (
        one_each.lazy()
        .join(homes, on="customer_id")
        .join(homes, left_on=["other_customer_id", *TOWN], right_on=["customer_id", *TOWN])
    )
    return write_table(TABLES["household_links"], there, path)


def _homes(attributes: Table) -> pl.LazyFrame:
    """Persons whose town is known and who may be profiled."""
    may_be = ~pl.col("profiling_opt_out") & ~pl.col("is_minor") & pl.col("city").is_not_null()
    return attributes.scan().filter(may_be).select("customer_id", pl.col("province").fill_null(""), "city")
