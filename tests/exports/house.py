"""A house with people whose consents are told row by row: literal rows in, a sealed night for exports out.

Person `ann` has the profile `club:ann` with her keys; more profiles join her with `also`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from customer_shop import AS_OF, DEFAULTS, Shop, shop_settings

from pipeline.clean.keys import keyed_hash
from pipeline.deliver.warehouse import Edition
from pipeline.exports import steps
from pipeline.exports.folder import Delivered, write_folder
from pipeline.exports.night import TABLES_READ, ExportNight
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES

SECRET = bytes(32)
CONTACTS = ("phone", "email", "external_userid")
Said = tuple[str, str, str, str, str]
"""Key as `type=value`, channel, purpose ('' = none), state, day as 2026-01-31."""


def hashed(value: str) -> str:
    """The key_hash of a value."""
    return str(keyed_hash(pl.Series([value]), SECRET).item())


def edition(as_of: date = AS_OF) -> Edition:
    """The edition of a night."""
    return Edition(f"{as_of}-abc", as_of, "示例零售", "CNY", "Asia/Shanghai")


@dataclass
class House:
    """People, what they said, and the segments they are in."""

    root: Path
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    also: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """More profiles: customer, name of the profile, keys."""
    said: list[Said] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Rows of other tables as they are."""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Columns of customers by person."""
    settings: dict[str, Any] = field(default_factory=dict)
    as_of: date = AS_OF

    def profiles(self) -> list[tuple[str, str, str, dict[str, str]]]:
        """(customer, source, profile, keys) of everybody, and of whoever only a consent names."""
        own = [(who, "club", who, keys) for who, keys in self.people.items()]
        own += [(who, "shop", name, keys) for who, name, keys in self.also]
        told = {}
        for key, *_ in self.said:
            kind, value = key.split("=")
            owner = next((who for who, _, _, keys in own if keys.get(kind) == value), f"nobody-{key}")
            told[key] = (owner, "consents", key, {kind: value})
        return [*own, *told.values()]

    def night(self) -> ExportNight:
        """The tables of the night, with consent states and recent contacts made by their steps."""
        settings = shop_settings(**self.settings)
        shop = Shop(self.root / "tables", settings, self.as_of)
        tables = {name: self._table(name) for name in {*TABLES_READ, *STEP_INPUTS}}
        more = {"engine": shop.engine, "as_of": self.as_of}
        tables["consent_states"] = steps.consent_states(
            *(tables[name] for name in ("clean_consents", "clean_members", "profile_keys", "source_files")),
            **more, path=shop.path("consent_states"),
        )  # fmt: skip
        tables["recent_contacts"] = steps.recent_contacts(
            *(tables[name] for name in ("clean_campaign_contacts", "clean_campaigns", "customer_profiles")),
            **more, settings=settings, path=shop.path("recent_contacts"),
        )  # fmt: skip
        state, exports = self.root / "state", self.root / "exports"
        for folder in (state, exports):
            folder.mkdir(exist_ok=True, parents=True)
        return ExportNight(
            tables=tables, settings=settings, as_of=self.as_of, run=f"{self.as_of}-abc", who="analyst", secret=SECRET,
            engine=shop.engine, state=state, exports=exports, own_destinations=self.root / "destinations",
        )  # fmt: skip

    def write(self) -> Delivered:
        """Write the folder of the night."""
        night = self.night()
        return write_folder(night, edition(self.as_of))

    def manifest(self) -> dict[str, Any]:
        """Write the folder and read its manifest."""
        folder = self.write().folder
        content: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return content

    def outcome(self) -> tuple[int, dict[str, int]]:
        """Exported and excluded of the only export."""
        (entry,) = self.manifest()["exports"]
        return entry["exported"], entry["excluded"]

    def _table(self, name: str) -> Table:
        """A table of literal rows, written without waiting for the disk; what a row does not say is blank."""
        spec = TABLES[name]
        blank = {
            column.name: None if column.name in spec.nullable else DEFAULTS.get(column.dtype, 0)
            for column in spec.columns
        }
        rows = [list({**blank, **row}.values()) for row in self._rows(name)]
        path = self.root / "tables" / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True, parents=True)
        pl.DataFrame(rows, schema=spec.polars_schema, orient="row").sort(spec.key).write_parquet(path)
        return Table(name, (path,))

    def _rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        made = {
            "customers": self._customers,
            "profile_keys": self._profile_keys,
            "customer_profiles": self._customer_profiles,
            "contact_points": self._contact_points,
            "clean_consents": self._consents,
            "segment_members": lambda: [
                {"segment": segment, "customer_id": who} for segment, people in self.members.items() for who in people
            ],
            "segment_definitions": lambda: [
                {"segment": segment, "label": segment.upper(), "definition": "true"} for segment in self.members
            ],
        }
        return [*(made[name]() if name in made else []), *self.rows.get(name, [])]

    def _customers(self) -> list[dict[str, Any]]:
        blank = {"profiling_opt_out": False, "is_minor": False}
        return [{"customer_id": who, **blank, **self.facts.get(who, {})} for who in self.people]

    def _profile_keys(self) -> list[dict[str, Any]]:
        return [
            {"source": source, "profile_key": profile, "key_type": kind, "key_scope": "*", "key_hash": hashed(value),
             "key_value": value, "is_trusted": True, "trust_rank": 1}
            for _, source, profile, keys in self.profiles() for kind, value in keys.items()
        ]  # fmt: skip

    def _customer_profiles(self) -> list[dict[str, Any]]:
        return [{"source": s, "profile_key": p, "customer_id": who} for who, s, p, _ in self.profiles()]

    def _contact_points(self) -> list[dict[str, Any]]:
        found: dict[tuple[str, str, str], None] = {}
        for who, _, _, keys in self.profiles():
            found |= {(who, kind, value): None for kind, value in keys.items() if kind in CONTACTS}
        first: dict[tuple[str, str], str] = {}
        for who, kind, value in found:
            first.setdefault((who, kind), value)
        return [
            {"customer_id": who, "contact_type": kind, "contact_value": value,
             "is_preferred": first[who, kind] == value}
            for who, kind, value in found
        ]  # fmt: skip

    def _consents(self) -> list[dict[str, Any]]:
        return [
            {"source": "consents", "row_key": str(number), "profile_key": key, key.split("=")[0]: key.split("=")[1],
             "consent_channel": channel, "purpose": purpose or None, "consent_state": state,
             "changed_at": datetime.fromisoformat(day), "event_on": datetime.fromisoformat(day).date()}
            for number, (key, channel, purpose, state, day) in enumerate(self.said)
        ]  # fmt: skip


STEP_INPUTS = ("clean_consents", "clean_members", "clean_campaign_contacts", "clean_campaigns")


def days_ago(days: int) -> datetime:
    """Noon of a day before as_of."""
    return datetime.combine(AS_OF - timedelta(days=days), datetime.min.time()) + timedelta(hours=12)


def sha256(text: str) -> str:
    """Of UTF-8 bytes, the tests' own way."""
    return hashlib.sha256(text.encode()).hexdigest()


def phone(number: int) -> str:
    """The n-th mobile number of the tests."""
    return f"139{number:08}"


def crowd(root: Path, count: int, **settings: Any) -> House:
    """So many people `p000` … with a phone and an e-mail each, all in segment `all`."""
    names = [f"p{number:03}" for number in range(count)]
    people = {
        name: {"member_no": f"m{number}", "phone": phone(number), "email": f"{name}@x.cn"}
        for number, name in enumerate(names)
    }
    return House(root, people=people, members={"all": names}, settings=settings)
