"""Which tags there are: the starting library and the retailer's own, each with its labels, condition and version.

Writing conditions and evidence as SQL belongs to `pipeline.tags.statements`, finding who has a tag to
`pipeline.tags.steps`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.errors import SettingsError
from pipeline.segments.conditions import TONIGHT, Condition, columns_of, compiled
from pipeline.setting_types import Name, Section
from pipeline.settings import Settings
from pipeline.tag_settings import Words
from pipeline.yaml_files import read_yaml, validated

LIBRARY_FILE = Path(__file__).with_name("library.yaml")
HABITS = columns_of("customer_habits")
THRESHOLD = re.compile(r"\{([a-z_0-9]+)\}")


class LibraryTag(Section):
    """One tag of the starting library; `labels` and `evidence` by locale."""

    name: Name
    labels: dict[str, str] = Field(min_length=2)
    where: str
    value: str | None = None
    evidence: dict[str, str] = Field(min_length=2)
    dated_by: str | None = None
    expires_days: int | str
    uses: tuple[str, ...] = ()
    revision: int = 1


class Library(Section):
    """The starting library as its file tells it."""

    tags: tuple[LibraryTag, ...]
    styles: Words
    services: Words


@dataclass(frozen=True)
class Tag:
    """One tag as it is given tonight: thresholds filled in, `evidence` as a template in the language of the settings.

    `value` and `dated_by` are columns of customer_habits; None: the tag says it all, and it counts from as_of.
    `thresholds` are the settings behind its columns, which `where` does not show.
    """

    name: str
    label: str
    label_zh: str
    label_en: str
    where: str
    condition: Condition
    value: str | None
    evidence: str
    dated_by: str | None
    expires_days: int
    rule_version: str
    thresholds: str


@cache
def starting_library() -> Library:
    """The tags and words every retailer starts with."""
    return validated(Library, read_yaml(LIBRARY_FILE), LIBRARY_FILE.name)


def styles_of(settings: Settings) -> Words:
    """Words by style: those of the library with those of the settings in place of their namesakes."""
    return {**starting_library().styles, **settings.tagging.styles}


def services_of(settings: Settings) -> Words:
    """Words by service, the same way."""
    return {**starting_library().services, **settings.tagging.services}


def thresholds_of(settings: Settings) -> dict[str, str]:
    """Every number of `tagging`, and from which score on R, F, M and C are high, as text that a condition can hold."""
    tagging = settings.tagging
    numbers = {name: value for name, value in tagging.model_dump().items() if isinstance(value, int | float | Decimal)}
    youngest, oldest = tagging.student_ages
    numbers |= {"student_from_age": youngest, "student_to_age": oldest, "high_score": settings.rfm.high_score}
    return {name: format(Decimal(str(value)), "f") for name, value in numbers.items()}


def tags_of(settings: Settings) -> tuple[Tag, ...]:
    """All tags by name; an own tag takes the place of one of the library with its name.

    Raises SettingsError for a condition that cannot be obeyed, naming the tag.
    """
    thresholds = thresholds_of(settings)
    given = {rule.name: _library_tag(rule, settings, thresholds) for rule in starting_library().tags}
    given |= {tag.name: tag for tag in _own_tags(settings)}
    return tuple(given[name] for name in sorted(given))


def filled(text: str, thresholds: Mapping[str, str], name: str) -> str:
    """`text` with every {threshold} replaced by its number."""
    missing = sorted({word for word in THRESHOLD.findall(text) if word not in thresholds})
    if missing:
        raise SettingsError(f"{{{missing[0]}}} is no threshold of tagging", where=f"tag {name}")
    return THRESHOLD.sub(lambda match: thresholds[match[1]], text)


def _library_tag(rule: LibraryTag, settings: Settings, thresholds: Mapping[str, str]) -> Tag:
    where = filled(rule.where, thresholds, rule.name).strip()
    days = int(thresholds.get(str(rule.expires_days), rule.expires_days))
    behind = _used(rule.uses, settings)
    return Tag(
        name=rule.name,
        label=rule.labels[settings.locale],
        label_zh=rule.labels["zh-CN"],
        label_en=rule.labels["en"],
        where=where,
        condition=compiled(where, rule.name, HABITS, kind="tag"),
        value=rule.value,
        evidence=_known_evidence(rule.evidence[settings.locale], thresholds),
        dated_by=rule.dated_by,
        expires_days=days,
        rule_version=_version(rule.revision, where, rule.value, rule.dated_by, days, behind),
        thresholds=_in_words(behind),
    )


def _own_tags(settings: Settings) -> list[Tag]:
    behind = {**settings.tagging.model_dump(mode="json"), "complaints": settings.complaints.model_dump(mode="json")}
    tags = []
    for own in settings.tags:
        where, label = own.where.strip(), own.label or own.name
        condition = compiled(where, own.name, HABITS, kind="tag")
        named = [column for column in condition.columns if column != TONIGHT]
        tags.append(
            Tag(
                name=own.name,
                label=label,
                label_zh=label,
                label_en=label,
                where=where,
                condition=condition,
                value=None,
                evidence="; ".join(f"{column} = {{{column}}}" for column in named),
                dated_by=None,
                expires_days=own.expires_days,
                rule_version=_version(1, where, None, None, own.expires_days, behind),
                thresholds="",
            )
        )
    return tags


def _used(uses: tuple[str, ...], settings: Settings) -> dict[str, Any]:
    """The settings behind the columns of a tag: `tagging`, words with those of the library, complaints, channels."""
    others = {
        "styles": styles_of(settings),
        "services": services_of(settings),
        "store_channels": settings.kpis.store_channels,
        "complaints": settings.complaints.model_dump(mode="json"),
    }
    known = {**settings.tagging.model_dump(mode="json"), **others}
    return {name: known[name] for name in uses}


def _in_words(behind: Mapping[str, Any]) -> str:
    """`window_days 365, preference_share 0.4`; lists and groups as JSON."""
    texts = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in behind.values())
    return ", ".join(f"{name} {text}" for name, text in zip(behind, texts, strict=True))


def _known_evidence(template: str, thresholds: Mapping[str, str]) -> str:
    """A template whose thresholds are numbers and whose other names are columns."""
    return THRESHOLD.sub(lambda match: thresholds.get(match[1], match[0]), template)


def _version(revision: int, *parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return f"{revision}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
