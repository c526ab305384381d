"""What lies in landing/ is read, waits, or is named: nothing is left out in silence."""

import os
from pathlib import Path

import pytest

from pipeline.errors import HeldError
from pipeline.ledger import Landing, Spool, discover
from pipeline.settings import SourceSettings
from pipeline.workspace import Workspace

SHOP = SourceSettings(name="shop", kind="orders", format="canonical", path="shop/*")
LONG_AGO = 1_700_000_000


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.create()
    (workspace.landing / "shop").mkdir()
    return workspace


def landed(workspace: Workspace, name: str, content: bytes = b"order_id\n1\n") -> Path:
    path = workspace.landing / "shop" / name
    path.write_bytes(content)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def found(workspace: Workspace) -> Landing:
    return discover(workspace, [SHOP])


def test_a_linked_folder_is_named_for_it_is_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    landed(workspace, "a.csv")
    (workspace.landing / "shop" / "share").symlink_to(tmp_path, target_is_directory=True)
    assert found(workspace).passed_over == ("shop/share",)


def test_links_and_pipes_are_named(workspace: Workspace) -> None:
    (workspace.landing / "shop" / "a.csv").symlink_to("/etc/passwd")
    os.mkfifo(workspace.landing / "shop" / "b.csv")
    assert found(workspace) == Landing((), (), ("shop/a.csv", "shop/b.csv"))


def test_a_folder_that_may_not_be_read_stops_the_night(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = workspace.landing / "shop" / "closed"
    closed.mkdir()
    list_folder = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(HeldError, match=r"^landing/shop/closed: cannot be read: Permission denied\. Let the user"):
        found(workspace)


def test_a_file_that_may_not_be_read_stops_the_night(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    path = landed(workspace, "a.csv")
    files = found(workspace).files
    open_file = os.open

    def denied(name: str | Path, *arguments: int, **more: int) -> int:
        if name == path:
            raise PermissionError(13, "Permission denied", str(name))
        return open_file(name, *arguments, **more)

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(HeldError, match=r"^landing/shop/a\.csv: cannot be read: Permission denied"):
        Spool(workspace).take(files)


def test_a_file_that_grows_while_it_is_copied_waits(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    landed(workspace, "done.csv")
    growing = landed(workspace, "growing.csv", b"order_id\n2\n")
    files = found(workspace).files
    open_file = os.open

    def grown(name: str | Path, *arguments: int, **more: int) -> int:
        if name == growing:
            growing.write_bytes(b"order_id\n2\n3\n")
        return open_file(name, *arguments, **more)

    monkeypatch.setattr(os, "open", grown)
    spooled, waiting = Spool(workspace).take(files)
    assert ([file.name for file in spooled], waiting) == (["shop/done.csv"], ["shop/growing.csv"])
    assert not list(workspace.spool.rglob("*incoming*"))


def test_a_file_that_vanishes_waits(workspace: Workspace) -> None:
    path = landed(workspace, "a.csv")
    landed(workspace, "b.csv", b"x")
    files = found(workspace).files
    path.unlink()
    spooled, waiting = Spool(workspace).take(files)
    assert ([file.name for file in spooled], waiting) == (["shop/b.csv"], ["shop/a.csv"])
