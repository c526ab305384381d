"""YAML files that people write: read strictly, checked against a model, with errors that teach.

What the keys mean belongs to the models; see `pipeline.settings` and `pipeline.formats.definition`.
"""

import difflib
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import SettingsError

M = TypeVar("M", bound=BaseModel)


NESTING = ("[", "{", "- ", "-\t", "? ", "?\t")
"""What can stand in a line many times and lead one level deeper each time."""
DEEPEST = 10_000


class _Strict(yaml.constructor.SafeConstructor):
    """YAML without its traps: a key given twice is an error, not a silent last word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise SettingsError("a key must be a word", where=f"line {key_node.start_mark.line + 1}")
            if key in seen:
                raise SettingsError(
                    f"key {key!r} is given twice",
                    where=f"line {key_node.start_mark.line + 1}",
                    remedy="Keep one.",
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class _PatientLoader(_Strict, yaml.SafeLoader):
    """Reads in Python: what is nested too deep raises a RecursionError."""


class _QuickLoader(_Strict, yaml.CSafeLoader):
    """Reads by libyaml, ten times as quickly. What is nested many thousands deep would end the process."""


def _loader(text: str) -> type[_PatientLoader | _QuickLoader]:
    return _QuickLoader if sum(map(text.count, NESTING)) < DEEPEST else _PatientLoader


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping; duplicate keys, wrong syntax and other shapes are SettingsErrors with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_loader(text))  # noqa: S506 (safe loaders both)
    except FileNotFoundError as error:
        raise SettingsError("no such file", where=path.name, remedy="`huitou init` writes one.") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, line {mark.line + 1}" if mark else path.name
        raise SettingsError("not valid YAML", where=place, remedy="Check indentation and quotes.") from error
    except SettingsError as error:
        raise SettingsError(error.what, where=f"{path.name}, {error.where}", remedy=error.remedy) from error
    if not isinstance(content, dict):
        raise SettingsError("must be a mapping of keys to values", where=path.name)
    return content


def validated(model: type[M], content: dict[str, Any], where: str) -> M:
    """`content` as `model`, or a SettingsError that lists every mistake with its place."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = list(_mistakes(model, error))
        raise SettingsError("; ".join(lines), where=where, remedy="See docs/settings.md.") from error


def _mistakes(model: type[BaseModel], error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            unknown = str(mistake["loc"][-1])
            near = difflib.get_close_matches(unknown, _known_keys(model), n=1)
            yield f"unknown key {place}" + (f" (did you mean {near[0]}?)" if near else "")
        else:
            yield f"{place or 'settings'}: {mistake['msg'].removeprefix('Value error, ')}"


def _known_keys(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> list[str]:
    keys = list(model.model_fields)
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                keys += _known_keys(part, seen | {part})
    return keys
