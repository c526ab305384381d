"""The end of a night: its own record, the seal, the commit, and what stands outside the snapshot.

Everything here can be done again: a crash after the commit is healed by the next run.
"""

import json
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.deliver.alerts import alert_from_environment
from pipeline.deliver.summaries import Outcome, deliver_summary
from pipeline.deliver.warehouse import EDITION, Edition, publish
from pipeline.deliveries import deliver_night
from pipeline.exports.folder import is_up_to_date, write_folder
from pipeline.exports.night import TABLES_READ, ExportNight
from pipeline.identity.reviews import write_review_file
from pipeline.lake import Table, write_table
from pipeline.measuring import timed
from pipeline.night import Night
from pipeline.replay import is_replay
from pipeline.reports import folder as reports
from pipeline.retention import Swept, sweep
from pipeline.schemas.catalog import TABLES, published_tables
from pipeline.snapshots import Snapshot, sealed_files

log = logging.getLogger("huitou.publish")


def runs(night: Night) -> Table:
    """The nights so far and tonight: the one table that knows the clock."""
    spec = TABLES["runs"]
    seals = sealed_files(night.building, night.file_hashes)
    night.file_hashes |= {name: seal.sha256 for name, seal in seals.items()}
    row = {
        "as_of": night.as_of,
        "started_at": night.started_at,
        "finished_at": datetime.now(night.settings.zone).replace(tzinfo=None, microsecond=0),
        "settings_hash": night.settings.fingerprint(),
        "input_hash": night.plan.input_hash,
        "table_hashes": json.dumps(_table_hashes(night), sort_keys=True),
        "missing_sources": ", ".join(_missing(night)),
        "stale_sources": ", ".join(_stale(night)),
        "snapshot_id": night.snapshot_id,
        "parent_id": night.current.manifest.snapshot_id if night.current else None,
    }
    tonight = pl.DataFrame([row], schema=spec.polars_schema)
    earlier = night.current_table("runs", alias="runs").read().join(tonight, on=spec.key, how="anti")
    return write_table(spec, pl.concat([earlier, tonight]), night.path(spec.name))


def _table_hashes(night: Night) -> dict[str, str]:
    prefixes = {f"{spec.layer}/{spec.name}.parquet": spec.name for spec in published_tables()}
    return {prefixes[name]: sha256 for name, sha256 in night.file_hashes.items() if name in prefixes}


def _missing(night: Night) -> Sequence[str]:
    loaded = night.table("source_files").scan().filter(pl.col("state") == "loaded").select("source").collect()
    there = set(loaded["source"])
    return [source.name for source in night.settings.sources if source.name not in there]


def _stale(night: Night) -> Sequence[str]:
    """Sources of orders whose newest order, not after as_of, lies more than stale_days back."""
    newest = (
        night.table("orders").scan().group_by("source").agg(pl.col("ordered_on").max().alias("newest_on")).collect()
    )
    limit = pl.lit(night.as_of) - pl.duration(days=night.settings.quality.stale_days)
    return newest.filter(pl.col("newest_on") < limit)["source"].sort().to_list()


def seal(night: Night) -> Snapshot:
    """Close tonight's snapshot, and make it CURRENT unless a later night is."""
    counts = night.table("row_counts").scan().filter(pl.col("as_of") == night.as_of).collect()
    rows = dict(zip(counts["table_name"] + "/" + counts["source"], counts["clean_rows"], strict=True))
    sums = dict(zip(counts["table_name"] + "/" + counts["source"], map(str, counts["clean_amount"]), strict=True))
    with timed("seal"):
        snapshot = night.seal(rows, sums)
    if night.is_publishable:
        night.publish()
    else:
        log.warning(
            "the night of %s is built but not published: a later one is; --publish puts it in its place", night.as_of
        )
    return snapshot


def edition(snapshot: Snapshot, night: Night) -> Edition:
    """What the published files say of the night that they hold."""
    run = snapshot.table("runs").read().filter(pl.col("snapshot_id") == snapshot.manifest.snapshot_id)
    return Edition(
        snapshot_id=snapshot.manifest.snapshot_id,
        as_of=snapshot.as_of,
        retailer=night.settings.retailer,
        currency=night.settings.currency,
        timezone=night.settings.timezone,
        missing_sources=run["missing_sources"][0],
        stale_sources=run["stale_sources"][0],
        locale=night.settings.locale,
    )


def publish_warehouse(night: Night, snapshot: Snapshot) -> None:
    """Build warehouse.duckdb from a snapshot and put it in place of the old one."""
    tables = {spec.name: snapshot.table(spec.name) for spec in published_tables()}
    with timed("warehouse"):
        published = publish(
            tables, night.workspace.warehouse, edition(snapshot, night), night.settings.engine, night.scratch
        )
    for warning in published.warnings:
        log.warning("%s", warning)


def export_night(night: Night, snapshot: Snapshot) -> ExportNight:
    """A sealed night as exports see it."""
    settings, workspace = night.settings, night.workspace
    return ExportNight(
        tables={name: snapshot.table(name) for name in TABLES_READ},
        settings=settings,
        as_of=snapshot.as_of,
        run=snapshot.manifest.snapshot_id,
        who=responsible(night),
        secret=night.secret,
        engine=night.engine,
        state=workspace.state,
        exports=workspace.exports,
        own_destinations=workspace.own_destinations,
    )


def responsible(night: Night) -> str:
    """Who answers for what is handed out: HUITOU_USER, else privacy.responsible."""
    return os.environ.get("HUITOU_USER") or night.settings.privacy.responsible or "not named"


def publish_lists(night: Night, snapshot: Snapshot) -> None:
    """Write the masked list of every segment, and the lists that tools take as far as the gate lets people out.

    And what people are asked about persons (`reviews/identity.csv`).
    """
    with timed("lists"):
        delivered = write_folder(export_night(night, snapshot), edition(snapshot, night))
    for warning in delivered.warnings:
        log.warning("%s", warning)
    write_review_file(night.workspace, snapshot.table("identity_reviews"))


def report_night(night: Night, snapshot: Snapshot) -> reports.ReportNight:
    """A sealed night as its morning report sees it."""
    workspace = night.workspace
    return reports.ReportNight(
        snapshot=snapshot,
        settings=night.settings,
        exports=workspace.exports,
        reports=workspace.reports,
        state=workspace.state,
        engine=night.engine,
        who=responsible(night),
    )


def publish_report(night: Night, snapshot: Snapshot) -> None:
    """Write the morning report: a page and a workbook of figures, after the lists that it tells of."""
    with timed("report"):
        reports.write_report(report_night(night, snapshot))


def publish_summary(night: Night, snapshot: Snapshot, *, is_last_try: bool = True) -> Outcome:
    """Send the summary to whoever has not got that of this night; a failure leaves the night as it is.

    After the last try a failure is told to the webhook for alerts.
    """
    if is_replay(night.workspace):
        return Outcome()
    with timed("summary"):
        outcome = deliver_summary(report_night(night, snapshot), night.workspace.state, night.secret)
    for failure in outcome.failures:
        log.warning("%s", failure)
    if outcome.failures and is_last_try:
        alert_from_environment("\n".join(f"Huitou: {failure}" for failure in outcome.failures))
    return outcome


def tidy(night: Night, snapshot: Snapshot) -> Swept:
    """Delete what is kept no longer, once the night is out."""
    with timed("retention"):
        return sweep(night.workspace, night.settings.retention, snapshot)


def heal(night: Night) -> list[str]:
    """Bring warehouse, lists and report up to CURRENT where an earlier run died after its commit; what was done.

    Whoever has not got the summary of the night gets it too, and so does every destination of `delivery`. Raises
    DeliveryError, after all else is done, where one of those does not.
    """
    snapshot = night.current
    if snapshot is None:
        return []
    done = []
    if _published_id(night.workspace.warehouse) != snapshot.manifest.snapshot_id:
        publish_warehouse(night, snapshot)
        done.append("The warehouse was behind the current snapshot and has been built again.")
    if not is_up_to_date(export_night(night, snapshot)):
        publish_lists(night, snapshot)
        done.append("The lists were behind the current snapshot, or behind a stop list, and have been written again.")
    if not reports.is_up_to_date(report_night(night, snapshot)):
        publish_report(night, snapshot)
        done.append("The morning report was behind the current snapshot or its lists and has been written again.")
    tidy(night, snapshot)
    return [*done, *publish_summary(night, snapshot).lines, *deliver_night(night, snapshot)]


def _published_id(warehouse: Path) -> str | None:
    try:
        with duckdb.connect(warehouse, read_only=True) as connection:
            row = connection.execute(f"select snapshot_id from {EDITION}").fetchall()  # noqa: S608 (a constant)
    except duckdb.Error:
        return None
    return str(row[0][0])
