"""The formats of a workspace: the built-in ones beside this module, and the retailer's own in `formats/`.

An own file of a built-in name takes its place; with `extends: <built-in>` it adds to it instead. Reading a
file by a format belongs to `pipeline.formats.parse`.
"""

import difflib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.formats.canonical import CANONICAL
from pipeline.formats.definition import FORMAT_KEYS, SHARED_KEYS, FormatDefinition, merged, with_reports
from pipeline.settings import SourceSettings
from pipeline.yaml_files import read_yaml, validated

BUILTIN = Path(__file__).parent / "builtin"
PLAIN = "canonical"
QUOTES = 'Quote words that YAML takes for something else, such as "No" and "007". '
HOW_TO = "See docs/how-to-new-format.md."
PLAIN_NAMES = frozenset({PLAIN, "plain"})


@dataclass(frozen=True)
class FormatLibrary:
    """All formats by name; the plain canonical format of every kind is named by the kind."""

    formats: Mapping[str, FormatDefinition]
    plain: Mapping[str, FormatDefinition]

    def get(self, source: SourceSettings) -> FormatDefinition:
        """The format of a source. SettingsError where there is none, or none of the source's kind."""
        name = source.format
        definition = self.formats.get(name)
        if definition is None and (name in PLAIN_NAMES or name == source.kind):
            definition = self.plain[source.kind]
        if definition is None:
            raise self._unknown(source)
        if not definition.reports_for(source.kind):
            raise SettingsError(
                f"format {name} tells {definition.kind}, not {source.kind}",
                where=f"settings.yaml, source {source.name}",
                remedy=f"Set `kind: {definition.kind}` or choose another format.",
            )
        return definition

    def fingerprint(self, definition: FormatDefinition) -> str:
        """SHA-256 of everything a format says; part of what a parsed file depends on."""
        return definition.fingerprint()

    def _unknown(self, source: SourceSettings) -> SettingsError:
        known = sorted({*self.formats, *self.plain, *PLAIN_NAMES})
        near = difflib.get_close_matches(source.format, known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return SettingsError(
            f"unknown format {source.format}{hint}",
            where=f"settings.yaml, source {source.name}",
            remedy=f"Known: {', '.join(known)}. An own format is a file formats/{source.format}.yaml.",
        )


def load_library(own_formats: Path) -> FormatLibrary:
    """Every format that a source may name. Raises SettingsError with file and key of the first wrong file."""
    written = deepcopy(_builtin())
    plain = {kind: _plain(kind, content) for kind, content in written.pop(PLAIN)["kinds"].items()}
    formats = {name: _definition(name, f"built-in {name}.yaml", content, builtin=True)
               for name, content in written.items()}  # fmt: skip
    for path in sorted([*own_formats.glob("*.yaml"), *own_formats.glob("*.yml")]):
        formats[path.stem] = _own(path, written)
    return FormatLibrary(formats, plain)


@cache
def _builtin() -> dict[str, dict[str, Any]]:
    """The built-in format files as written: they are part of the program, so they are read once."""
    return {path.stem: read_yaml(path) for path in sorted(BUILTIN.glob("*.yaml"))}


def _plain(kind: str, content: dict[str, Any]) -> FormatDefinition:
    aliases = content.get("columns", {})
    columns = {name: [name, *aliases.get(name, ())] for name in CANONICAL[kind]}
    whole = {"kind": kind, **content, "columns": columns}
    return _definition(PLAIN, f"built-in {PLAIN}.yaml, {kind}", whole, builtin=True)


def _own(path: Path, builtin: Mapping[str, dict[str, Any]]) -> FormatDefinition:
    where = f"formats/{path.name}"
    content = read_yaml(path)
    base = content.pop("extends", None)
    if base is None:
        return _definition(path.stem, where, content, builtin=False)
    if base not in builtin:
        near = difflib.get_close_matches(str(base), list(builtin), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise SettingsError(f"extends: no built-in format {base}{hint}", where=where)
    return _definition(path.stem, where, _extended(builtin[base], content, where), builtin=False)


def _extended(base: Mapping[str, Any], added: Mapping[str, Any], where: str) -> dict[str, Any]:
    unknown = sorted(set(added) - FORMAT_KEYS - SHARED_KEYS)
    if unknown:
        known = sorted(FORMAT_KEYS | SHARED_KEYS)
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise SettingsError(f"unknown key {unknown[0]}{hint}", where=where, remedy=HOW_TO)
    complete = with_reports(dict(base))
    more = {key: value for key, value in added.items() if key in SHARED_KEYS}
    kind = added.get("kind", base["kind"])
    reports = [merged(report, more, kind) for report in complete["reports"]]
    return {**complete, **{key: added[key] for key in added if key in FORMAT_KEYS}, "reports": reports}


def _definition(name: str, where: str, content: dict[str, Any], *, builtin: bool) -> FormatDefinition:
    shaped = {**with_reports(content), "name": name, "builtin": builtin}
    try:
        return validated(FormatDefinition, shaped, where)
    except SettingsError as error:
        what = error.what if "reports" in content else error.what.replace("reports.0.", "")
        hint = QUOTES if "valid string" in what else ""
        raise SettingsError(what, where=where, remedy=hint + HOW_TO) from error
