"""Replacing a folder of deliverables as one: whoever looks finds the old files or the new ones, never a mixture.

A single file is replaced by `pipeline.lake.replacing`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.lake import file_sha256, sync, sync_below


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` that takes its place, on the disk, when the block ends well.

    A folder with the same contents stays untouched. What a killed run left is finished or undone first, so call
    it under the run lock. Two renames are no single step: between them the folder is absent for a moment.
    """
    building, replaced = (folder.with_name(f".{word}-{folder.name}") for word in ("building", "replaced"))
    shutil.rmtree(building, ignore_errors=True)
    if replaced.exists() and not folder.exists():
        replaced.replace(folder)
    shutil.rmtree(replaced, ignore_errors=True)
    building.mkdir(mode=0o700, parents=True)
    try:
        yield building
        if not folder.exists() or _contents(folder) != _contents(building):
            sync_below(building)
            if folder.exists():
                folder.replace(replaced)
            building.replace(folder)
            sync(folder.parent)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def _contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in folder.rglob("*") if path.is_file()}
