"""The last gate: who of a segment may stand on a list, decided when the list is written. Default: no.

Every member gets one verdict: a contact that may be used, or the first reason against it, in the order of REASONS.
Which words count as consent belongs to `pipeline.exports.policy`; how cells are spelt to `pipeline.exports.cells`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.clean.keys import keyed_hash
from pipeline.engine import sql_text
from pipeline.exports.definition import CONTACTS_OF
from pipeline.exports.night import ExportNight
from pipeline.exports.policy import Policy
from pipeline.exports.recipients import assumed_contacts
from pipeline.exports.stoppers import refused_since, stopped
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import COLUMNS
from pipeline.schemas.tables import TableSpec

REASONS = (
    "purpose_not_allowed", "cross_border_not_approved", "approval_missing", "erased", "suppressed", "minor",
    "profiling_opt_out", "no_contact", "withdrawn", "no_consent", "control_group", "held_out", "frequency_cap",
    "contact_not_supported", "invalid_cell", "same_contact",
)  # fmt: skip
"""Why somebody is not on a list; of several the first. The first three close a list as a whole."""

CONTACT_CONSENTS = TableSpec(
    name="contact_consents",
    layer="scratch",
    grain="One row per policy, customer and contact of whose owner the policy heard.",
    key=("policy", "customer_id", "contact_type", "contact_value"),
    columns=(
        *(COLUMNS[name] for name in ("policy", "customer_id", "contact_type", "contact_value")),
        *(type(COLUMNS["is_test"])(name, pl.Boolean(), "") for name in ("is_granted", "is_withdrawn")),
    ),
    nullable=frozenset(),
    published=False,
)
"""Raw contacts: lives in the scratch folder of the run and vanishes with it."""


@dataclass(frozen=True)
class Asked:
    """What one list asks of the gate."""

    policy: Policy
    segment: str
    purpose: str
    is_message: bool
    holdout_share: float = 0.0


@dataclass
class Gate:
    """The gate of one night. `sent` grows with every list, so that tonight's lists count for the cap as well."""

    night: ExportNight
    consents: Table
    people: pl.DataFrame
    refused: pl.DataFrame
    sent: dict[str, pl.Series] = field(default_factory=dict)

    def judged(self, members: pl.DataFrame, asked: Asked) -> pl.DataFrame:
        """One row per member (`customer_id`): `reason`, null for who may pass, and one column per usable contact."""
        contacts = self._contacts(members, asked.policy)
        refused = self.refused.filter(
            pl.col("consent_channel").is_null() | (pl.col("consent_channel") == asked.policy.channel)
        )
        later = refused.group_by("customer_id").agg(
            is_refused=pl.col("consent_channel").is_not_null().any(),
            is_opt_out=pl.col("consent_channel").is_null().any(),
        )
        told = (
            members.select("customer_id")
            .join(self.people, on="customer_id", how="left", maintain_order="left")
            .join(contacts, on="customer_id", how="left", maintain_order="left")
            .join(later, on="customer_id", how="left", maintain_order="left")
            .join(self._tonight(), on="customer_id", how="left", maintain_order="left")
            .with_columns(is_kept_back=self._kept_back(members, asked))
        )
        usable = CONTACTS_OF[asked.policy.channel]
        return told.select("customer_id", self._reason(asked, usable), *usable)

    def _reason(self, asked: Asked, usable: Sequence[str]) -> pl.Expr:
        cap = self.night.settings.privacy.contact_cap
        written = pl.col("contact_count").fill_null(0) + pl.col("tonight_count").fill_null(0)
        is_capped = (written >= cap) if asked.is_message else pl.lit(False)
        tests = {
            "erased": pl.col("is_erased"),
            "suppressed": pl.col("is_suppressed"),
            "minor": pl.col("is_minor").fill_null(value=True),
            "profiling_opt_out": pl.col("profiling_opt_out").fill_null(value=True) | pl.col("is_opt_out"),
            "no_contact": ~pl.col("has_contact").fill_null(value=False),
            "withdrawn": pl.col("is_withdrawn") | pl.col("is_refused"),
            "no_consent": pl.all_horizontal(pl.col(name).is_null() for name in usable),
            "control_group": pl.col("is_held_out"),
            "held_out": pl.col("is_kept_back"),
            "frequency_cap": is_capped,
        }
        return pl.coalesce(
            pl.when(test.fill_null(value=False)).then(pl.lit(name)) for name, test in tests.items()
        ).alias("reason")

    def _contacts(self, members: pl.DataFrame, policy: Policy) -> pl.DataFrame:
        """One row per member with a contact of the channel: the best that consent covers of each type, or null."""
        usable = CONTACTS_OF[policy.channel]
        points = self.night.tables["contact_points"].scan().filter(pl.col("contact_type").is_in(usable))
        heard = self.consents.scan().filter(pl.col("policy") == policy.name).drop("policy")
        keys = ["customer_id", "contact_type", "contact_value"]
        known = points.join(members.lazy(), on="customer_id", how="semi").join(heard, on=keys, how="left").collect()
        refused = known.filter("is_withdrawn").select("customer_id", is_withdrawn=pl.lit(True)).unique()
        best = known.filter("is_granted").sort(
            "customer_id", "is_preferred", "seen_on", "contact_value",
            descending=[False, True, True, False], nulls_last=True,
        )  # fmt: skip
        frame = (
            known.select("customer_id", has_contact=pl.lit(True)).unique().join(refused, on="customer_id", how="left")
        )
        for name in usable:
            one = best.filter(pl.col("contact_type") == name).unique("customer_id", keep="first", maintain_order=True)
            frame = frame.join(
                one.select("customer_id", pl.col("contact_value").alias(name)), on="customer_id", how="left"
            )
        return frame

    def _tonight(self) -> pl.DataFrame:
        ids = pl.concat([pl.Series("customer_id", [], dtype=pl.String), *self.sent.values()])
        return ids.to_frame().group_by("customer_id").agg(tonight_count=pl.len())

    def _kept_back(self, members: pl.DataFrame, asked: Asked) -> pl.Series:
        """Who is held out: always the same share of the same list, whoever else joins it."""
        if asked.holdout_share == 0:
            return pl.repeat(False, members.height, eager=True)
        lots = keyed_hash(members["customer_id"] + f"|{asked.segment}|{asked.purpose}", self.night.secret)
        return lots.str.head(8).str.to_integer(base=16) < asked.holdout_share * 2**32


def open_gate(night: ExportNight, policies: Sequence[Policy]) -> Gate:
    """Read once what all lists of the night need: consents by policy, stop lists, refusals, recent contacts."""
    consents = _contact_consents(night, policies)
    people = (
        night.tables["customers"]
        .scan()
        .select("customer_id", "is_minor", "profiling_opt_out")
        .join(night.tables["recent_contacts"].scan(), on="customer_id", how="left")
        .join(assumed_contacts(night).lazy(), on="customer_id", how="left")
        .join(stopped(night.tables, night.state, night.secret).lazy(), on="customer_id", how="left")
        .with_columns(contact_count=pl.col("contact_count").fill_null(0) + pl.col("assumed_count").fill_null(0))
        .drop("assumed_count")
        .collect()
    )
    return Gate(night, consents, people, refused_since(night.tables, pl.lit(night.as_of), night.secret))


def _contact_consents(night: ExportNight, policies: Sequence[Policy]) -> Table:
    folder = night.engine.scratch / "exports"
    words = [row for policy in {policy.name: policy for policy in policies}.values() for row in policy.rows()]
    spec = TABLES["consent_policies"]
    heard = pl.DataFrame(words, schema=spec.polars_schema) if words else spec.empty()
    names = ("consent_states", "contact_points", "customer_profiles", "key_guards", "profile_keys")
    tables = [write_table(spec, heard, folder / "consent_policies.parquet"), *(night.tables[name] for name in names)]
    return night.engine.run_text(
        sql_text("exports/contact_consents.sql"), tables, {}, CONTACT_CONSENTS, folder / "contact_consents.parquet",
        where="sql/exports/contact_consents.sql",
    )  # fmt: skip
