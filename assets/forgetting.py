"""`huitou forget`: a person leaves the spool, the kept nights, the lists and the warehouse, and does not come back."""

import logging
from collections.abc import Sequence

import polars as pl

from assets.environment import use_workspace
from assets.inspecting import published
from pipeline.deliveries import deliver_night
from pipeline.erasure.files import files_of, rows_of
from pipeline.erasure.lists import remove_from_lists
from pipeline.erasure.person import Person, find_person
from pipeline.erasure.snapshots import Traces, erase_from, note_erasure
from pipeline.erasure.tombstones import add_tombstones, read_tombstones
from pipeline.errors import DeliveryError
from pipeline.identity.decisions import erase_decisions
from pipeline.identity.reviews import write_review_file
from pipeline.night import Night, open_night
from pipeline.parts import PartStore
from pipeline.publish import publish_lists, publish_report, publish_warehouse
from pipeline.reports.stores import remove_store_lists
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

log = logging.getLogger("huitou")


def forget(workspace: Workspace, key: str, reason: str) -> list[str]:
    """Erase the person whom KEY names; what was done and what is left to do, in lines without personal data.

    The tombstone comes first: a run that dies on the way is finished by asking again, by customer id.
    """
    current = published(workspace)
    use_workspace(workspace)
    with open_night(workspace, current.as_of) as night:
        person = find_person(current, key, night.secret)
        rows = rows_of(current, person)
        add_tombstones(workspace.state, person.tombstone_keys(night.secret), current.as_of)
        files = files_of(current, rows)
        made = _files_again(night, files)
        erase_decisions(workspace, set(person.profiles.select("source", "profile_key").iter_rows()))
        nights = _erase_from_nights(night, Traces(person, rows), reason)
        lists = remove_from_lists(workspace.exports, person.customer_ids, keep=current.as_of)
        lists += remove_store_lists(workspace.reports, keep=current.as_of)
        _publish_again(night)
        reached = _deliver_again(night)
    held = files.join(rows.select("source", sha256="file_sha").unique(), on=["source", "sha256"], how="semi")
    told = _told(workspace, person, rows, made, nights, lists, held["path"].unique().sort().to_list())
    return [*told, *reached]


def _files_again(night: Night, files: pl.DataFrame) -> int:
    """Spool copies and parts of these files without the person."""
    tombstones = read_tombstones(night.workspace.state, night.secret)
    store = PartStore(night.workspace.parts, night.settings, night.library, tombstones)
    known = [file.spooled for file in night.plan.files if file.counts]
    wanted = set(files.select("source", "sha256").iter_rows())
    mine = [file for file in known if (file.source, file.sha256) in wanted]
    mine += [file.spooled for file in night.plan.files if file.expired and file.spooled.path.exists()]
    for number, file in enumerate(mine, start=1):
        log.info("writes file %s of %s again", number, len(mine))
        store.make_again(file)
    store.delete_all_but(known)
    return len(mine)


def _erase_from_nights(night: Night, traces: Traces, reason: str) -> int:
    store = SnapshotStore(night.workspace.snapshots)
    current = store.current()
    store.clear()
    last = current.folder if current else None  # CURRENT names the person, so that a run that died can be repeated
    kept = sorted(store.sealed(), key=lambda snapshot: snapshot.folder == last)
    for number, snapshot in enumerate(kept, start=1):
        log.info("writes night %s of %s again: %s", number, len(kept), snapshot.as_of)
        erase_from(snapshot, traces)
    if current is not None:
        note_erasure(current, traces.person.customer_id, reason)
    return len(kept)


def _publish_again(night: Night) -> None:
    current: Snapshot | None = SnapshotStore(night.workspace.snapshots).current()
    if current is not None:
        publish_warehouse(night, current)
        publish_lists(night, current)
        write_review_file(night.workspace, current.table("identity_reviews"))
        publish_report(night, current)


def _deliver_again(night: Night) -> list[str]:
    """The databases and buckets of the settings without the person; what was done, or that it is yet to be done."""
    current = SnapshotStore(night.workspace.snapshots).current()
    try:
        return deliver_night(night, current) if current is not None else []
    except DeliveryError as error:
        return [f"NOT YET erased everywhere: {error}"]


def _told(
    workspace: Workspace,
    person: Person,
    rows: pl.DataFrame,
    made: int,
    nights: int,
    lists: int,
    paths: Sequence[str],
) -> list[str]:
    landed = [path for path in paths if (workspace.landing / path).exists()]
    return [
        f"{person.customer_id} with {person.profiles.height} profiles is forgotten.",
        f"  {person.orders.height} orders stay as nobody's, so the money still adds up.",
        f"  {rows.height} rows in files, {made} files read again, {nights} nights and {lists} older lists cleaned.",
        "  state/tombstones.jsonl keeps keyed hashes, so no later export brings them back.",
        *(["Delete or mend these files in landing/, which is yours alone:"] if landed else []),
        *(f"  landing/{path}" for path in landed),
        "Old backups and whatever was loaded into other tools are not reached from here.",
    ]
