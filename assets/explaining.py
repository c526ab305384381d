"""`huitou explain`: why these profiles are one person, and what every score of theirs is made of, in masked lines.

The answers are read from the published snapshot by `pipeline.identity.explain`, `pipeline.scores.explain` and
`pipeline.segments.explain`; here they are put into lines. Two keys at once are told by `assets.explaining_pairs`.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from assets.inspecting import published
from pipeline.erasure.person import find_person
from pipeline.errors import HuitouError
from pipeline.identity.edges import Edge
from pipeline.identity.explain import Explanation as Identity
from pipeline.identity.explain import explanations
from pipeline.identity.whose_key import NOBODY, shown_key
from pipeline.lake import write_bytes
from pipeline.schemas.catalog import published_tables
from pipeline.scores.explain import READS, Explanation, score_story
from pipeline.segments.explain import READS as STANDING_READS
from pipeline.segments.explain import standing_story
from pipeline.settings import Settings, load_settings
from pipeline.snapshots import Snapshot
from pipeline.workspace import Workspace

RAW = ("contact_points", "customer_values")
"""Restricted tables that belong to a person's own copy."""


def explain(workspace: Workspace, key: str) -> list[str]:
    """Everything about whoever KEY means, in lines; several persons where a key is shared.

    Raises HuitouError where nobody is meant; the key is repeated masked where it may be personal.
    """
    snapshot, settings = published(workspace), load_settings(workspace.settings_file)
    found = explanations(key, snapshot.table, workspace.secret())
    if not found:
        raise HuitouError(NOBODY, where=shown_key(key), remedy="Orders without any buyer key have no customer.")
    lines = [f"Night of {snapshot.as_of}"]
    if len(found) > 1:
        lines.append(f"{shown_key(key)} means {len(found)} customers.")
    for identity in found:
        lines += ["", *_person_lines(identity, snapshot), *_score_lines(identity.customer_id, snapshot, settings)]
    return lines


def _person_lines(identity: Identity, snapshot: Snapshot) -> Iterator[str]:
    yield customer_line(identity.customer_id, snapshot)
    yield f"  {identity.profiles.height} profiles"
    for row in identity.profiles.iter_rows(named=True):
        yield f"    {row['source']}  {row['profile_key']}  {row['key_types']}  seen {_days(row)}"
    yield "  one person because"
    yield from (f"    {_edge_text(edge)}" for edge in identity.accepted)
    if not identity.accepted:
        yield "    there is only one profile"
    if identity.refused:
        yield "  not joined"
        yield from (f"    {_edge_text(edge)}" for edge in identity.refused)
    yield "  history of the id"
    for row in identity.history.iter_rows(named=True):
        other = f" {row['other_customer_id']}" if row["other_customer_id"] else ""
        yield f"    {row['as_of']}  {row['event']}{other}: {row['reason']}"


def customer_line(customer_id: str, snapshot: Snapshot) -> str:
    """The id of a customer and what may be shown of them."""
    shown = _rows(snapshot, "customers", customer_id)
    names = [str(shown[0][name]) for name in ("name_masked", "phone_masked", "city") if shown and shown[0][name]]
    return f"{customer_id}  {' '.join(names)}".rstrip()


def _days(row: dict[str, Any]) -> str:
    first, last = row["first_seen_on"], row["last_seen_on"]
    return f"{first} to {last}" if first else "on no known day"


def _edge_text(edge: Edge) -> str:
    ends = f"{edge.left[0]} {edge.left[1]} – {edge.right[0]} {edge.right[1]}"
    bits = "".join(f" {column} {weight:+.1f}" for column, weight in edge.waterfall.items())
    weighed = f"; bits:{bits}" if bits else ""
    return f"{ends}: {edge.rule} ({edge.evidence}), probability {edge.probability:.4g}{weighed}, {edge.decided_on}"


def _score_lines(customer_id: str, snapshot: Snapshot, settings: Settings) -> Iterator[str]:
    tables = {name: snapshot.table(name) for name in {*READS, *STANDING_READS}}
    yield "  scores"
    for told in (*score_story(customer_id, tables).explanations, *standing_story(customer_id, tables)):
        rule = told.rule_zh if settings.locale == "zh-CN" else told.rule_en
        inputs = ", ".join(f"{name} {_plain(value)}" for name, value in told.inputs.items() if value is not None)
        named = f"{told.name} [{told.profile}]" if told.profile else told.name
        yield f"    {named} = {told.result}  from {inputs or 'nothing known'}{_cut_text(told)}"
        yield f"      {rule}  (version {told.rule_version})"
    for row in _rows(snapshot, "acquisitions", customer_id):
        told_of = [f"{key} {_plain(value)}" for key, value in row.items() if value is not None]
        yield f"    won by: {', '.join(told_of)}"


def _cut_text(told: Explanation) -> str:
    mine = next((cut for cut in told.cuts if cut.result == told.result), None)
    if mine is None or mine.worst_value is None or mine.best_value is None:
        return ""
    return f"; {told.result} is {_plain(mine.worst_value)} to {_plain(mine.best_value)} tonight"


def _plain(value: object) -> str:
    if isinstance(value, Decimal | float):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return str(value)


def _rows(snapshot: Snapshot, table: str, customer_id: str) -> list[dict[str, Any]]:
    frame = snapshot.table(table).scan().filter(pl.col("customer_id") == customer_id).collect()
    return frame.drop("customer_id").rows(named=True)


def write_copy(workspace: Workspace, key: str, path: Path) -> list[str]:
    """A person's own copy of everything that is held about them, as JSON for their eyes (PIPL Art. 45).

    Names and contacts stand in it as they are, so the file is 0600. Raises HuitouError where not exactly one person
    is meant.
    """
    snapshot = published(workspace)
    person = find_person(snapshot, key, workspace.secret())
    held = [spec.name for spec in published_tables() if "customer_id" in spec.names]
    content: dict[str, Any] = {"customer_id": person.customer_id, "as_of": snapshot.as_of.isoformat()}
    for name in (*held, *RAW):
        rows = _rows(snapshot, name, person.customer_id)
        if rows:
            content[name] = [{column: _json(value) for column, value in row.items()} for row in rows]
    write_bytes(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
    return [f"Everything held about {person.customer_id} is in {path}: {len(content) - 2} tables. Hand it over safely."]


def _json(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
