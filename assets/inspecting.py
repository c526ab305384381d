"""What is published, from what, and whether every byte and every equation still holds."""

import duckdb

from pipeline.engine import connected, quoted
from pipeline.errors import HeldError, HuitouError
from pipeline.settings import load_settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

EQUATIONS = """
select table_name, source
from {row_counts}
where
    raw_rows <> clean_rows + rejected_rows + duplicate_rows
    or raw_amount <> clean_amount + rejected_amount + duplicate_amount
    or file_rows <> raw_rows + control_rows + ignored_rows + later_rows
"""


def published(workspace: Workspace) -> Snapshot:
    """The snapshot that counts; HuitouError before the first night, and where there is no workspace."""
    if not workspace.root.is_dir():
        raise HuitouError("there is no such folder", where=str(workspace.root), remedy="Is --workspace spelt right?")
    snapshot = SnapshotStore(workspace.snapshots).current()
    if snapshot is None:
        raise HuitouError("no night has been published", where=str(workspace.root), remedy="Run `huitou run`.")
    return snapshot


def status_lines(workspace: Workspace) -> list[str]:
    """The published night, its inputs, and the nights that are kept."""
    snapshot = published(workspace)
    files = snapshot.table("source_files").read()
    states = files.group_by("source", "state").len().sort("source", "state")
    return [
        f"published   {snapshot.manifest.snapshot_id} (as of {snapshot.as_of})",
        f"parent      {snapshot.manifest.parent_id or 'none: the first night'}",
        f"inputs      {snapshot.manifest.input_hash}",
        f"settings    {snapshot.manifest.settings_hash}",
        *(f"files       {row['source']}: {row['len']} {row['state']}" for row in states.iter_rows(named=True)),
        *(f"kept        {earlier.manifest.snapshot_id}" for earlier in SnapshotStore(workspace.snapshots).lineage()),
    ]


def verify_workspace(workspace: Workspace) -> list[str]:
    """Check every SHA-256 of the current snapshot and every equation of row_counts, and that the warehouse opens.

    Raises HeldError that names what does not hold.
    """
    snapshot = published(workspace)
    faults = snapshot.damage() + _broken_equations(workspace, snapshot) + _warehouse_faults(workspace, snapshot)
    if faults:
        raise HeldError("; ".join(faults), remedy="Delete the damaged snapshot's file and run the night again.")
    counted = len(snapshot.manifest.files)
    return [f"{snapshot.manifest.snapshot_id}: {counted} files and every equation hold; the warehouse is this night."]


def _broken_equations(workspace: Workspace, snapshot: Snapshot) -> list[str]:
    settings = load_settings(workspace.settings_file)
    (path,) = snapshot.table("row_counts").paths
    query = EQUATIONS.format(row_counts=f"read_parquet({quoted(str(path))})")
    with connected(settings.engine, workspace.root / "scratch") as connection:
        broken = connection.execute(query).fetchall()
    return [f"row_counts of {table} from {source} do not add up" for table, source in broken]


def _warehouse_faults(workspace: Workspace, snapshot: Snapshot) -> list[str]:
    try:
        with duckdb.connect(workspace.warehouse, read_only=True) as connection:
            ((held,),) = connection.execute("select snapshot_id from huitou_meta").fetchall()
    except duckdb.Error:
        return ["warehouse.duckdb cannot be opened"]
    if held != snapshot.manifest.snapshot_id:
        return [f"warehouse.duckdb holds {held}, CURRENT names {snapshot.manifest.snapshot_id}"]
    return []
