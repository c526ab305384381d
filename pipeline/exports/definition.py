"""A destination as its YAML file tells it: columns, their grammar, the kind of file and its limits.

How values are spelt for a destination belongs to `pipeline.exports.normalisers`, how cells become files to
`pipeline.exports.writers`.
"""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from polars.exceptions import PolarsError
from pydantic import AfterValidator, Field, model_validator

from pipeline.errors import SettingsError
from pipeline.export_settings import Channel
from pipeline.exports.normalisers import NORMALISERS
from pipeline.schemas.catalog import TABLES
from pipeline.setting_types import Name, Section
from pipeline.yaml_files import read_yaml, validated

BUILTIN = Path(__file__).parent / "destinations"
HOW_TO = "See docs/how-to-new-destination.md."

Contact = Literal["phone", "email", "external_userid"]
CONTACTS: tuple[Contact, ...] = ("phone", "email", "external_userid")
CONTACTS_OF: Mapping[Channel, tuple[Contact, ...]] = {
    "sms": ("phone",),
    "email": ("email",),
    "wecom": ("external_userid",),
    "ads": ("phone", "email"),
}
"""What a consent to a channel lets be used: a yes to texts is no yes to e-mails."""
NAMES = ("full_name", "last_name", "first_name")
GIVEN = ("segment", "segment_label", "as_of", "add_tag", "remove_tag")
CUSTOMER_COLUMNS = tuple(
    column.name for column in TABLES["customers"].columns if not column.name.endswith(("_masked", "_source"))
)
"""Columns of customers that a file may carry; masked values would only be taken for real ones."""


GRAMMARS: Mapping[str, str] = {
    "mainland_mobile": r"^1[3-9]\d{9}$",
    "e164": r"^\+[1-9]\d{7,14}$",
    "mobile": r"^(1[3-9]\d{9}|\+[1-9]\d{7,14})$",
    "email": r"^[a-z0-9!#$%&*/?^_`{|}~][^\s\"',;<>]*@[a-z0-9.-]+\.[a-z]{2,24}$",
    "sha256": r"^[0-9a-f]{64}$",
    "md5": r"^[0-9a-f]{32}$",
    "person_name": r"^\pL[\pL\pM '’.·-]{0,39}$",
    "name_or_id": r"^[\pL\d][\pL\pM\d '’.·_-]{0,63}$",
    "account": r"^[A-Za-z0-9_-]{1,64}$",
    "identifier": r"^[a-z_][a-z0-9_]{0,62}$",
    "day": r"^\d{4}-\d{2}-\d{2}$",
    "us_day": r"^\d{2}/\d{2}/\d{4}$",
}
"""Grammars that a definition may name instead of writing them. None lets a cell begin as a formula would."""


def _a_pattern(pattern: str) -> str:
    pattern = GRAMMARS.get(pattern, pattern)
    try:
        pl.Series([""]).str.contains(pattern)
    except PolarsError as error:
        raise ValueError(f"no regular expression: {pattern!r}") from error
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise ValueError("a grammar begins with ^ and ends with $, so that it speaks of the whole cell")
    return pattern


def _known_value(name: str) -> str:
    known = (*CONTACTS, *NAMES, *GIVEN, *CUSTOMER_COLUMNS)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise ValueError(f"{name!r} is no value of a cell" + (f" (did you mean {near[0]}?)" if near else ""))
    return name


def _known_normaliser(name: str) -> str:
    if name not in NORMALISERS:
        raise ValueError(f"unknown normaliser {name!r}; known: {', '.join(sorted(NORMALISERS))}")
    return name


Grammar = Annotated[str, AfterValidator(_a_pattern)]


class CellSpec(Section):
    """One column of the file. Exactly one of `value` and `constant`."""

    header: str = ""
    value: Annotated[str, AfterValidator(_known_value)] | None = None
    constant: str | None = None
    normaliser: Annotated[str, AfterValidator(_known_normaliser)] = "as_text"
    hash: Literal["none", "md5", "sha256"] = "none"
    grammar: Grammar
    """What every filled cell must match, after hashing."""
    required: bool = False
    fallback: Annotated[str, AfterValidator(_known_value)] | None = None
    """Value that stands in where the first is missing."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> "CellSpec":
        if (self.value is None) == (self.constant is None):
            raise ValueError("give `value` or `constant`, one of them")
        return self


class VariableSpec(Section):
    """How the variables of an export become columns after the others."""

    header: str = "{name}"
    grammar: Grammar = r"^[^\s=+\-@＝＋－＠\x00][^\r\n\t\x00]{0,199}$"


class FileSpec(Section):
    """The file that the tool takes."""

    kind: Literal["csv", "txt", "xlsx", "parquet"]
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8"
    header: bool = True
    newline: Literal["lf", "crlf"] = "lf"
    zip: bool = False
    max_rows: Annotated[int, Field(ge=1)] | None = None
    """Rows of one file, its header not counted; longer lists become several files."""
    max_bytes: Annotated[int, Field(ge=100)] | None = None
    least_rows: Annotated[int, Field(ge=0)] = 0
    """Smaller audiences are useless to the tool: a warning."""
    most_rows: Annotated[int, Field(ge=1)] | None = None
    """Larger audiences are not taken: a warning."""


class Destination(Section):
    """One tool that takes lists."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    title: str
    recipient: str = "*"
    """Who is handed the data, as `share_ads:<recipient>` names it; * = the retailer's own house."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    purposes: tuple[str, ...] = ()
    """The only purposes it serves; none = every purpose of its channels."""
    abroad: bool = False
    is_message: bool = False
    """People on the list are written to: counts for the frequency cap and keeps to the send window."""
    mode: Literal["full", "diff"] = "full"
    file: FileSpec
    columns: Annotated[tuple[CellSpec, ...], Field(min_length=1)]
    variables: VariableSpec | None = None
    sources: tuple[str, ...] = ()
    """Where the layout is described, each with [seen] or [unverified]."""

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> "Destination":
        usable = {contact for channel in self.channels for contact in CONTACTS_OF[channel]}
        if not usable & {column.value for column in self.columns}:
            raise ValueError(f"no column holds a contact of {', '.join(self.channels)}")
        if self.file.kind == "txt" and len(self.columns) > 1:
            raise ValueError("a txt holds one value a line, so one column")
        if self.file.zip and self.file.kind != "txt":
            raise ValueError("only a txt is zipped")
        if self.file.header and not all(column.header for column in self.columns):
            raise ValueError("every column needs a header, or the file none (header: false)")
        return self

    def fingerprint(self) -> str:
        """SHA-256 of everything the definition says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True)
class DestinationLibrary:
    """All destinations by name."""

    destinations: Mapping[str, Destination]

    def get(self, name: str) -> Destination:
        """One destination; SettingsError that names the nearest where there is none."""
        if name not in self.destinations:
            near = difflib.get_close_matches(name, self.destinations, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            known = ", ".join(sorted(self.destinations))
            raise SettingsError(f"unknown destination {name}{hint}", where="exports", remedy=f"Known: {known}.")
        return self.destinations[name]

    def fingerprint(self) -> str:
        """SHA-256 of all definitions."""
        text = "\n".join(f"{name} {each.fingerprint()}" for name, each in sorted(self.destinations.items()))
        return hashlib.sha256(text.encode()).hexdigest()


def load_destinations(own_folder: Path) -> DestinationLibrary:
    """The built-in destinations and the retailer's own; an own file of a built-in name takes its place.

    Raises SettingsError that names the file and its mistakes.
    """
    found: dict[str, Destination] = {}
    for folder, place in ((BUILTIN, "built-in "), (own_folder, "destinations/")):
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            found[path.stem] = _loaded(path, f"{place}{path.name}")
    return DestinationLibrary(found)


def _loaded(path: Path, where: str) -> Destination:
    try:
        return validated(Destination, {"name": path.stem, **read_yaml(path)}, where)
    except SettingsError as error:
        raise SettingsError(error.what, where=where, remedy=HOW_TO) from error
