"""Which segments there are: the starting library and the retailer's own, each with its label and its condition.

Compiling conditions belongs to `pipeline.segments.conditions`, finding members to `pipeline.segments.steps`.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.segments.conditions import CUSTOMERS, Condition, Vocabulary, compiled
from pipeline.segments.values import quoted_text
from pipeline.setting_types import Name, Section
from pipeline.settings import Settings
from pipeline.yaml_files import read_yaml, validated

LIBRARY_FILE = Path(__file__).with_name("library.yaml")
TIER_COLUMNS = ("tier", "earned_tier", "next_tier")
SETTING = re.compile(r"\{([a-z_0-9.]+)\}")


class LibrarySegment(Section):
    """One segment of the starting library; `labels` by locale. Settings in braces are filled in in both."""

    name: Name
    where: str
    labels: dict[str, str] = Field(min_length=2)


class Library(Section):
    """The starting library as its file tells it."""

    segments: tuple[LibrarySegment, ...]


@dataclass(frozen=True)
class Segment:
    """A named group of customers: `where` as written (settings filled in), `condition` as compiled from it.

    `label` is that in the language of the settings.
    """

    name: str
    label: str
    label_zh: str
    label_en: str
    where: str
    condition: Condition

    @property
    def version(self) -> str:
        """Hash of the condition."""
        return hashlib.sha256(self.condition.sql.encode()).hexdigest()[:12]


@cache
def starting_library() -> tuple[LibrarySegment, ...]:
    """The segments every retailer starts with."""
    return validated(Library, read_yaml(LIBRARY_FILE), LIBRARY_FILE.name).segments


def segments_of(settings: Settings) -> tuple[Segment, ...]:
    """All segments by name; an own segment takes the place of one of the library with its name.

    Raises SettingsError for a condition that cannot be obeyed, naming the segment.
    """
    given = {each.name: _of_library(each, settings) for each in starting_library()}
    words = _with_tiers(settings)
    for own in settings.segments:
        label, where = own.label or own.name, own.where.strip()
        given[own.name] = Segment(own.name, label, label, label, where, compiled(where, own.name, words))
    return tuple(given[name] for name in sorted(given))


def _with_tiers(settings: Settings) -> Vocabulary:
    """The columns of `customers`, with the tiers of the settings as the only values that a tier can have."""
    names = tuple(rung.name for rung in settings.tiers.rungs)
    closed = {column: replace(CUSTOMERS.columns[column], allowed=names) for column in TIER_COLUMNS}
    return replace(CUSTOMERS, columns={**CUSTOMERS.columns, **closed})


def _of_library(each: LibrarySegment, settings: Settings) -> Segment:
    where = filled(each.where, settings).strip()
    labels = {locale: filled(label, settings) for locale, label in each.labels.items()}
    condition = compiled(where, each.name)
    return Segment(each.name, labels[settings.locale], labels["zh-CN"], labels["en"], where, condition)


def filled(text: str, settings: Settings) -> str:
    """`text` with every {section.key} replaced by the value of that setting; a list by its quoted members."""
    return SETTING.sub(lambda place: _literal(attrgetter(place[1])(settings)), text)


def _literal(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(quoted_text(each) for each in value)
    return format(Decimal(str(value)), "f")
