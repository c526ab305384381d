"""One helper, a child for every workbook: what one of them does is no matter of the next."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.formats.workbook_opener import CHILD, WorkbookOpener

MEMORY = 6 << 30
DONE, REFUSED = 0, 3


@pytest.fixture
def opener() -> Iterator[WorkbookOpener]:
    opener = WorkbookOpener()
    yield opener
    opener.close()


def order(folder: Path, *, columns: int = 100, memory: int = MEMORY, far: bool = False) -> dict[str, str | int]:
    """The order to read a workbook of two cells, or of one very far out."""
    folder.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(folder / "book") as book:
        sheet = book.add_worksheet("one")
        sheet.write_row(0, 0, ["id", "name"])
        if far:
            sheet.write(199_999, 16_383, "x")
    limits = {"memory": memory, "seconds": 60, "rows": 1000, "columns": columns, "sheets": 9, "file_bytes": 1 << 30}
    return {"path": str(folder / "book"), "folder": str(folder), **limits}


def test_one_helper_serves_all_and_no_limit_is_left_over(tmp_path: Path, opener: WorkbookOpener) -> None:
    given = [
        (order(tmp_path / "a"), DONE),
        (order(tmp_path / "b", columns=1), REFUSED),
        (order(tmp_path / "c", far=True, memory=1 << 30), -signal.SIGABRT),
        (order(tmp_path / "d"), DONE),
    ]
    helpers = set()
    for each, status in given:
        assert opener.open(each, 60) == status
        helpers.add(opener._helper.pid)
    assert len(helpers) == 1
    assert [(folder / "index.json").exists() for folder in sorted(tmp_path.iterdir())] == [True, False, False, True]


def test_too_slow_is_killed_and_the_next_order_gets_a_new_helper(tmp_path: Path, opener: WorkbookOpener) -> None:
    assert opener.open(order(tmp_path / "a"), 60) == DONE
    slow = opener._helper.pid
    with pytest.raises(TimeoutError):
        opener.open(order(tmp_path / "b"), 0)
    with pytest.raises(ProcessLookupError):
        os.kill(slow, 0)
    assert opener.open(order(tmp_path / "c"), 60) == DONE


def test_a_helper_that_was_killed_counts_as_killed_and_is_replaced(tmp_path: Path, opener: WorkbookOpener) -> None:
    assert opener.open(order(tmp_path / "a"), 60) == DONE
    os.kill(opener._helper.pid, signal.SIGKILL)
    opener._helper.wait()
    assert opener.open(order(tmp_path / "b"), 60) == -signal.SIGKILL
    assert opener.open(order(tmp_path / "c"), 60) == DONE


def test_a_mangled_order_is_the_childs_failure_alone(tmp_path: Path, opener: WorkbookOpener) -> None:
    assert opener.open({"path": "nowhere"}, 60) == 1
    assert opener.open(order(tmp_path / "a"), 60) == DONE


def test_closing_leaves_no_process(tmp_path: Path, opener: WorkbookOpener) -> None:
    assert opener.open(order(tmp_path / "a"), 60) == DONE
    helper = opener._helper
    opener.close()
    assert helper.returncode == 0


def test_the_helper_loads_no_pandas() -> None:
    helper = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", CHILD],
        stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True,
    )  # fmt: skip
    loaded = {line.rsplit("|", 1)[1].strip() for line in helper.stderr.splitlines() if "|" in line}
    assert "fastexcel" in loaded
    assert not {name for name in loaded if name.startswith(("pandas.", "pipeline"))}
