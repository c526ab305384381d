"""Which segments there are: the starting library and the retailer's own, each with its label and its condition.

Compiling conditions belongs to `pipeline.segments.conditions`, finding members to `pipeline.segments.steps`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.segments.conditions import Condition, compiled
from pipeline.setting_types import Name, Section
from pipeline.settings import Settings
from pipeline.yaml_files import read_yaml, validated

LIBRARY_FILE = Path(__file__).with_name("library.yaml")


class LibrarySegment(Section):
    """One segment of the starting library; `labels` by locale."""

    name: Name
    where: str
    labels: dict[str, str] = Field(min_length=1)


class Library(Section):
    """The starting library as its file tells it."""

    segments: tuple[LibrarySegment, ...]


@dataclass(frozen=True)
class Segment:
    """A named group of customers: `where` as written, `condition` as compiled from it."""

    name: str
    label: str
    where: str
    condition: Condition


@cache
def starting_library() -> tuple[LibrarySegment, ...]:
    """The segments every retailer starts with."""
    return validated(Library, read_yaml(LIBRARY_FILE), LIBRARY_FILE.name).segments


def segments_of(settings: Settings) -> tuple[Segment, ...]:
    """All segments by name; an own segment takes the place of one of the library with its name.

    Raises SettingsError for a condition that cannot be obeyed, naming the segment.
    """
    labelled = {each.name: (each.labels[settings.locale], each.where) for each in starting_library()}
    labelled |= {own.name: (own.label or own.name, own.where) for own in settings.segments}
    return tuple(
        Segment(name, label, where.strip(), compiled(where, name)) for name, (label, where) in sorted(labelled.items())
    )
