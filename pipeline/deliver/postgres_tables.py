"""The tables of the night in a PostgreSQL schema: made once, then only altered where a contract has changed.

They are never dropped and made again, so grants, views, indexes and publications of other people live on
(docs/adr/postgres-tables-stay.md). Their rows belong to `pipeline.deliver.postgres`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl
from adbc_driver_manager.dbapi import Cursor

from pipeline.deliver.outgoing import Outgoing, OutgoingTable
from pipeline.deliver.postgres_connection import WHERE
from pipeline.engine import quoted
from pipeline.errors import DeliveryError
from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.tables import TableSpec
from pipeline.schemas.wording import column_texts, table_text

TYPES: Mapping[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp without time zone",
    pl.Float64: "double precision",
}
"""As PostgreSQL spells them in `format_type`."""

COLUMNS_OF = """
select class.relname::text, attribute.attname::text, format_type(attribute.atttypid, attribute.atttypmod)
from pg_class as class
inner join pg_attribute as attribute on class.oid = attribute.attrelid
where class.relnamespace = to_regnamespace($1) and class.relkind in ('r', 'p') and attribute.attnum > 0
    and not attribute.attisdropped
order by class.relname, attribute.attnum
"""
KEYS_OF = """
select class.relname::text, constraints.conname::text, attribute.attname::text
from pg_constraint as constraints
inner join pg_class as class on constraints.conrelid = class.oid
cross join unnest(constraints.conkey) with ordinality as part (attnum, place)
inner join pg_attribute as attribute on class.oid = attribute.attrelid and part.attnum = attribute.attnum
where class.relnamespace = to_regnamespace($1) and constraints.contype = 'p'
order by class.relname, part.place
"""
COMMENTS_OF = """
select class.relname::text, coalesce(attribute.attname::text, ''), description.description
from pg_class as class
inner join pg_description as description
    on class.oid = description.objoid and description.classoid = 'pg_class'::regclass
left join pg_attribute as attribute
    on class.oid = attribute.attrelid and description.objsubid = attribute.attnum and description.objsubid > 0
where class.relnamespace = to_regnamespace($1)
"""


@dataclass
class Relations:
    """What a schema holds: columns with their types by table, and the primary keys (constraint, columns)."""

    columns: dict[str, dict[str, str]]
    keys: dict[str, tuple[str, tuple[str, ...]]]


def ensure_schema(cursor: Cursor, schema: str) -> None:
    """Make the schema where it is not there; asking first, for `if not exists` wants the right to make one anyway."""
    cursor.execute("select to_regnamespace($1)::text", [schema])
    if cursor.fetchall()[0][0] is None:
        cursor.execute(f'create schema "{schema}"')


def relations(cursor: Cursor, schema: str) -> Relations:
    """The tables of a schema as they are."""
    columns: dict[str, dict[str, str]] = {}
    cursor.execute(COLUMNS_OF, [schema])
    for table, column, kind in cursor.fetchall():
        columns.setdefault(table, {})[column] = kind
    keys: dict[str, tuple[str, tuple[str, ...]]] = {}
    cursor.execute(KEYS_OF, [schema])
    for table, constraint, column in cursor.fetchall():
        keys[table] = (constraint, (*keys.get(table, ("", ()))[1], column))
    return Relations(columns, keys)


def refuse_strangers(cursor: Cursor, schema: str, wanted: Collection[str], ours: Collection[str]) -> None:
    """Nothing of other people is ever emptied: a relation under our name that no delivery made is left alone."""
    cursor.execute("select relname::text from pg_class where relnamespace = to_regnamespace($1)", [schema])
    strange = sorted({str(name) for (name,) in cursor.fetchall()} & set(wanted) - set(ours))
    if strange:
        raise DeliveryError(
            f"the schema {schema} already has {', '.join(strange)}, which Huitou did not make",
            where=WHERE,
            remedy="Name a schema of its own in delivery.postgres.schema_name.",
        )


def sql_type(column: ColumnSpec) -> str:
    """The type of a column, as PostgreSQL spells it."""
    if isinstance(column.dtype, pl.Decimal):
        return f"numeric({column.dtype.precision},{column.dtype.scale})"
    return TYPES[type(column.dtype)]


def shape(cursor: Cursor, schema: str, spec: TableSpec, there: Relations) -> None:
    """Bring an empty table to its contract: made, or columns and key altered where they differ.

    Columns that the contract no longer has go, unless a view needs them: that is an error of the server, never a
    view that silently shows nothing.
    """
    place = f'"{schema}"."{spec.name}"'
    key = ", ".join(f'"{name}"' for name in spec.key)
    wanted = {column.name: sql_type(column) for column in spec.columns}
    found = there.columns.get(spec.name)
    if found is None:
        listed = ", ".join(f'"{name}" {kind}' for name, kind in wanted.items())
        cursor.execute(f"create table {place} ({listed}, primary key ({key}))")
        return
    constraint, columns = there.keys.get(spec.name, ("", ()))
    moved = [name for name, kind in wanted.items() if found.get(name) != kind]
    gone = [name for name in found if wanted.get(name) != found[name]]
    rekeyed = columns != spec.key or bool(set(columns) & set(gone))
    if constraint and rekeyed:
        cursor.execute(f'alter table {place} drop constraint "{constraint}"')
    changes = [f'drop column "{name}"' for name in gone] + [f'add column "{name}" {wanted[name]}' for name in moved]
    if changes:
        cursor.execute(f"alter table {place} {', '.join(changes)}")
    if rekeyed:
        cursor.execute(f"alter table {place} add primary key ({key})")


def comment(cursor: Cursor, schema: str, night: Outgoing) -> None:
    """What tables and columns mean, in the language of the settings; only what has changed is said again."""
    cursor.execute(COMMENTS_OF, [schema])
    there = {(table, column): text for table, column, text in cursor.fetchall()}
    for each in night.tables:
        for column, text in _texts(each, night.locale).items():
            if there.get((each.spec.name, column)) != text:
                place = f'"{schema}"."{each.spec.name}"'
                what = f'column {place}."{column}"' if column else f"table {place}"
                cursor.execute(f"comment on {what} is {quoted(text)}")


def _texts(each: OutgoingTable, locale: str) -> dict[str, str]:
    """Comments by column; that of the table under no name."""
    return {"": table_text(each.spec, locale)} | column_texts(each.spec, locale)
