"""What the published warehouse says of its tables, columns and views, in the language of the settings.

English is what the contracts and the headers of views say themselves; other languages stand in a file beside this
module, which people extend. Writing the comments into the warehouse belongs to `pipeline.deliver.warehouse`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline.schemas.columns import COLUMNS, ColumnSpec
from pipeline.schemas.tables import TABLES, TableSpec
from pipeline.setting_types import Section
from pipeline.yaml_files import read_yaml, validated

FILES: Mapping[str, Path] = {"zh-CN": Path(__file__).with_name("zh_cn.yaml")}
"""The file of translations of each locale; a locale without one speaks the contracts' own words."""


class ViewWording(Section):
    """What one row of a view is, and the columns that its header explains itself."""

    text: str
    columns: dict[str, str] = Field(default_factory=dict)


class Wording(Section):
    """Translations by name: of tables, of columns as the registry has them, and of views."""

    tables: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    views: dict[str, ViewWording] = Field(default_factory=dict)


@cache
def wording(locale: str) -> Wording:
    """The translations into a locale, empty for the language of the contracts.

    Raises SettingsError, naming the place, where the file is not what it should be.
    """
    file = FILES.get(locale)
    return validated(Wording, read_yaml(file), file.name) if file else Wording()


def table_text(spec: TableSpec, locale: str) -> str:
    """What one row of a table is; the contract's own words where nobody has translated them."""
    return wording(locale).tables.get(spec.name, spec.grain)


def column_texts(spec: TableSpec, locale: str) -> dict[str, str]:
    """What each column of a table means, by its name in the table."""
    return {column.name: _text(meaning_of(column), locale) for column in spec.columns}


def view_text(name: str, english: str, locale: str) -> str:
    """What one row of a view is; `english` is what its header says."""
    view = wording(locale).views.get(name)
    return view.text if view else english


def view_column_texts(
    name: str, columns: Sequence[str], own: Mapping[str, str], reads: Sequence[str], locale: str
) -> dict[str, str]:
    """What columns of a view mean: what its header says (`own`), else what they mean in the tables it reads.

    A column that neither explains is left out.
    """
    view = wording(locale).views.get(name)
    told = own_words(own) | (view.columns if view else {})
    inherited = [column for column in columns if column not in told]
    meanings = {column: column if column in own else _meaning_in(column, reads) for column in inherited}
    told |= {column: _text(meaning, locale) for column, meaning in meanings.items() if meaning}
    return {column: told[column] for column in columns if column in told}


def own_words(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of columns that say something else than the registry does, and so need a translation of their own."""
    return {name: text for name, text in texts.items() if name not in COLUMNS or COLUMNS[name].description != text}


@cache
def meaning_of(column: ColumnSpec) -> str:
    """The name under which the registry has a column: another one than its own in `value=tag_value`."""
    if COLUMNS.get(column.name) == column:
        return column.name
    return next(name for name, spec in COLUMNS.items() if replace(spec, name=column.name) == column)


def _meaning_in(column: str, tables: Sequence[str]) -> str | None:
    """The one meaning that the tables read agree on, else that of the name everywhere."""
    specs = (TABLES[table] for table in tables if table in TABLES)
    found = {meaning_of(spec) for table in specs for spec in table.columns if spec.name == column}
    if len(found) == 1:
        return found.pop()
    return column if column in COLUMNS else None


def _text(meaning: str, locale: str) -> str:
    return wording(locale).columns.get(meaning, COLUMNS[meaning].description)
