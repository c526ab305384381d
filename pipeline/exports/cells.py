"""The rows of a list spelt as its destination wants them, each cell held against its grammar. Nothing is escaped.

A row with a cell that breaks its grammar, or without a required one, leaves the list and is counted. Who may be on
the list at all was decided before (`pipeline.exports.gate`).
"""

import re
from collections.abc import Mapping

import polars as pl

from pipeline.exports.definition import CONTACTS, CUSTOMER_COLUMNS, CellSpec, Destination, VariableSpec
from pipeline.exports.normalisers import NORMALISERS, hashed
from pipeline.identity.names import SURNAME, read_names

INTERPOLATED = re.compile(r"^\{([a-z_0-9]+)\}$")


def headers(destination: Destination, variables: Mapping[str, str]) -> list[str]:
    """The header of every column, those of the variables last."""
    names = [column.header for column in destination.columns]
    return [*names, *_variable_headers(destination.variables, variables)]


def _variable_headers(spec: VariableSpec | None, variables: Mapping[str, str]) -> list[str]:
    if spec is None:
        return []
    return [spec.header.format(name=name, number=number) for number, name in enumerate(variables, start=1)]


def spelt(frame: pl.DataFrame, destination: Destination, variables: Mapping[str, str]) -> pl.DataFrame:
    """`customer_id`, the cells `cell_0` … in the order of the headers, and `reason`: null, or why a row must go.

    `frame` has one row per person with every value that the columns name (see `values_needed`).
    """
    cells = [_cell(frame, column) for column in destination.columns]
    grammars = [column.grammar for column in destination.columns]
    if destination.variables is not None:
        cells += [_variable(frame, text) for text in variables.values()]
        grammars += [destination.variables.grammar] * len(variables)
    told = pl.DataFrame([cell.alias(f"cell_{place}") for place, cell in enumerate(cells)])
    is_wrong = pl.any_horizontal(
        ~pl.col(f"cell_{place}").str.contains(grammar).fill_null(value=True) for place, grammar in enumerate(grammars)
    )
    reason = (
        pl.when(_without_contact(destination))
        .then(pl.lit("contact_not_supported"))
        .when(is_wrong)
        .then(pl.lit("invalid_cell"))
    )
    told = told.with_columns(reason=reason)
    return pl.concat([frame.select("customer_id"), _without_twins(told, destination)], how="horizontal")


def _without_contact(destination: Destination) -> pl.Expr:
    """A required cell is missing, or there is no contact at all."""
    contacts = [f"cell_{place}" for place, column in enumerate(destination.columns) if column.value in CONTACTS]
    required = [f"cell_{place}" for place, column in enumerate(destination.columns) if column.required]
    nothing = pl.all_horizontal(pl.col(name).is_null() for name in contacts)
    return pl.any_horizontal(nothing, *(pl.col(name).is_null() for name in required))


def _without_twins(told: pl.DataFrame, destination: Destination) -> pl.DataFrame:
    """Two persons with one phone: the first has it, so that nobody is written to twice."""
    contacts = [f"cell_{place}" for place, column in enumerate(destination.columns) if column.value in CONTACTS]
    passing = told.with_row_index("row").filter(pl.col("reason").is_null())
    twins = passing.filter(~pl.struct(contacts).is_first_distinct())["row"]
    is_twin = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(twins.implode())
    return told.with_columns(reason=pl.when(is_twin).then(pl.lit("same_contact")).otherwise("reason"))


def _cell(frame: pl.DataFrame, column: CellSpec) -> pl.Series:
    if column.constant is not None:
        return pl.repeat(column.constant, frame.height, dtype=pl.String, eager=True)
    value = NORMALISERS[column.normaliser](pl.col(str(column.value)))
    if column.fallback is not None:
        value = pl.coalesce(value, pl.col(column.fallback).cast(pl.String))
    return hashed(frame.select(value.alias("cell"))["cell"], column.hash)


def _variable(frame: pl.DataFrame, text: str) -> pl.Series:
    named = INTERPOLATED.match(text)
    if named is None:
        return pl.repeat(text, frame.height, dtype=pl.String, eager=True)
    return frame.select(pl.col(named[1]).cast(pl.String).alias("cell"))["cell"]


def unknown_variables(variables: Mapping[str, str]) -> list[str]:
    """Variables that name a column which customers does not have, or may not give."""
    named = {name: INTERPOLATED.match(text) for name, text in variables.items()}
    return [name for name, found in named.items() if found is not None and found[1] not in CUSTOMER_COLUMNS]


def values_needed(destination: Destination, variables: Mapping[str, str]) -> set[str]:
    """The values that the columns and variables of a list name."""
    needed = {value for column in destination.columns for value in (column.value, column.fallback) if value}
    if destination.variables is not None:
        needed |= {found[1] for text in variables.values() if (found := INTERPOLATED.match(text))}
    return needed


def split_names(names: pl.DataFrame) -> pl.DataFrame:
    """`customer_id`, `full_name`, `last_name`, `first_name` of those whose name in `name` is a whole one."""
    told = read_names(names, "name").filter(pl.col("name_class") == "full")
    name = pl.col("name").str.strip_chars()
    surname = name.str.extract(f"^({SURNAME})")
    is_chinese = surname.is_not_null()
    return told.select(
        "customer_id",
        full_name=name,
        last_name=pl.when(is_chinese).then(surname).otherwise(name.str.extract(r"([^ ]+)$")),
        first_name=pl.when(is_chinese)
        .then(name.str.replace(f"^{SURNAME}", ""))
        .otherwise(name.str.extract(r"^(.+) [^ ]+$")),
    )
