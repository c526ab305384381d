"""A folder is replaced as a whole, whenever the run dies."""

from pathlib import Path

import pytest

from pipeline.deliver.folders import replacing_folder


def write(folder: Path, **files: str) -> None:
    with replacing_folder(folder) as building:
        for name, text in files.items():
            (building / name).write_text(text, encoding="utf-8")


def contents(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_new_files_take_the_place_of_the_old(tmp_path: Path) -> None:
    write(tmp_path / "x", a="1", b="2")
    write(tmp_path / "x", b="3")
    assert contents(tmp_path) == {"x/b": "3"}
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o700


def test_the_same_files_stay_untouched(tmp_path: Path) -> None:
    write(tmp_path / "x", a="1")
    before = (tmp_path / "x" / "a").stat().st_ino
    write(tmp_path / "x", a="1")
    assert (tmp_path / "x" / "a").stat().st_ino == before


def test_a_failure_leaves_the_old_files(tmp_path: Path) -> None:
    write(tmp_path / "x", a="1")
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "x", **{"a": "2", "gone/b": "3"})
    assert contents(tmp_path) == {"x/a": "1"}


def test_a_kill_between_the_two_renames_is_undone(tmp_path: Path) -> None:
    write(tmp_path / "x", a="1")
    before = (tmp_path / "x" / "a").stat().st_ino
    (tmp_path / "x").rename(tmp_path / ".replaced-x")
    (tmp_path / ".building-x").mkdir()
    write(tmp_path / "x", a="1")
    assert (tmp_path / "x" / "a").stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
