"""`huitou rebuild` and `huitou rollback`: other nights in the place of the published one."""

import logging
import shutil
from datetime import date

from assets.environment import use_workspace
from assets.nightly import run_night
from assets.summary import summary_lines
from pipeline import replay
from pipeline.errors import HuitouError, SettingsError
from pipeline.night import locked, open_night
from pipeline.publish import heal
from pipeline.readiness import readiness_of
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

log = logging.getLogger("huitou")


def rebuild(workspace: Workspace) -> list[str]:
    """Replay every night of the ledger from the spool and publish what comes out; what differs, in words."""
    readiness_of(workspace)
    store = SnapshotStore(workspace.snapshots)
    workspace.create()
    with locked(workspace):
        ledger = replay.newest_ledger(store)
        beside = replay.lay_out(workspace)
        nights = list(replay.rounds(ledger))
        for number, repeated in enumerate(nights, start=1):
            log.info("replays night %s of %s: %s", number, len(nights), repeated.as_of)
            replay.land(repeated, workspace, beside)
            run_night(beside, repeated.as_of, publish=True)
        found = SnapshotStore(beside.snapshots).current()
        changed = replay.differences(ledger, found) if found else []
        adopted = replay.adopt(workspace, beside)
        shutil.rmtree(workspace.root / replay.FOLDER)
    healed = _published_again(workspace)
    return [*_told(nights, changed), *healed, f"published: {adopted.manifest.snapshot_id}", *summary_lines(workspace)]


def _told(nights: list[replay.Round], changed: list[str]) -> list[str]:
    days = len({repeated.as_of for repeated in nights})
    if not changed:
        return [f"{days} nights replayed from spool/: every table has the same bytes as before."]
    return [f"{days} nights replayed from spool/. Tables that differ from before: {', '.join(changed)}."]


def rollback(workspace: Workspace, to: date | None) -> list[str]:
    """Make an earlier published night CURRENT: the one of `to`, else the one before."""
    readiness_of(workspace)
    with locked(workspace):
        store = SnapshotStore(workspace.snapshots)
        lineage = list(store.lineage())
        if not lineage:
            raise HuitouError("no night has been published", where=str(workspace.root), remedy="Run `huitou run`.")
        chosen = _chosen(lineage, to)
        faults = chosen.damage()
        if faults:
            raise HuitouError("; ".join(faults), remedy="Roll back to another night, or run `huitou rebuild`.")
        store.commit(chosen)
    return [
        f"CURRENT is {chosen.manifest.snapshot_id} again, in the place of {lineage[0].manifest.snapshot_id}.",
        *_published_again(workspace),
        *_gone_from_landing(workspace, lineage[0], chosen),
        *summary_lines(workspace),
    ]


def _chosen(lineage: list[Snapshot], to: date | None) -> Snapshot:
    earlier = lineage[1:]
    if to is None and earlier:
        return earlier[0]
    found = next((snapshot for snapshot in lineage if snapshot.as_of == to), None)
    if found is None:
        kept = ", ".join(dict.fromkeys(str(snapshot.as_of) for snapshot in earlier)) or "none"
        raise SettingsError(
            f"no published night of {to} is kept" if to else "no earlier night is kept",
            where="--to",
            remedy=f"Kept before the current one: {kept}.",
        )
    return found


def _published_again(workspace: Workspace) -> list[str]:
    """Warehouse and lists of the snapshot that now counts."""
    use_workspace(workspace)
    current = SnapshotStore(workspace.snapshots).current()
    with open_night(workspace, current.as_of if current else None) as night:
        return heal(night)


def _gone_from_landing(workspace: Workspace, left: Snapshot, chosen: Snapshot) -> list[str]:
    """Files that only the nights left behind had taken and that landing/ no longer holds: the next night lacks them."""
    taken = left.table("source_files").read()
    known = chosen.table("source_files").read()
    later = taken.join(known, on=["source", "path", "sha256"], how="anti")
    gone = sorted(path for path in later["path"].unique() if not (workspace.landing / path).exists())
    return [f"landing/{path} is gone; drop it again if the next night should have it" for path in gone]
