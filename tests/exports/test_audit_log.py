"""A line that is changed, taken out, moved or cut off shows, and the same night again adds nothing."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import HuitouError
from pipeline.exports.audit_log import HEAD, LOG, AuditLog

Lines = list[bytes]


def event(number: int) -> dict[str, object]:
    return {"export": f"list{number}", "as_of": "2026-06-30", "files": []}


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    log = AuditLog(tmp_path)
    log.append([event(1), event(2)])
    log.append([event(3), event(4)])
    return log


def faults(log: AuditLog, exports: Path | None = None) -> list[str]:
    root = log.path.parent
    return list(log.faults(exports or root / "exports", root / "reports"))


def test_lines_form_a_chain(log: AuditLog) -> None:
    lines = [json.loads(line) for line in log.lines()]
    assert [line["line"] for line in lines] == [1, 2, 3, 4]
    assert lines[0]["previous"] == "0" * 64
    assert faults(log) == []
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_the_same_events_again_add_nothing_and_say_where_they_stand(log: AuditLog) -> None:
    before = log.path.read_bytes()
    assert log.append([event(1), event(2)]).lines == 2
    assert log.append([event(4)]).lines == 4
    assert log.path.read_bytes() == before


def changed(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b"list2", b"list9"), *lines[2:]]


def rewritten(lines: Lines) -> Lines:
    """A line changed by somebody who mends its own hash, but not those that follow."""
    line = json.loads(lines[1])
    told = {key: value for key, value in line.items() if key not in ("event", "line", "previous")} | {"export": "x"}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    whole = {**told, "event": hashlib.sha256(text.encode()).hexdigest(), "line": 2, "previous": line["previous"]}
    return [lines[0], json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(), *lines[2:]]


@pytest.mark.parametrize(
    "tampered",
    [
        changed, rewritten,
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: lines[1:],
        lambda lines: lines[:-1],
        lambda lines: [],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:2], b"{}", *lines[2:]],
        lambda lines: [*lines[:2], b"no json", *lines[2:]],
    ],
)  # fmt: skip
def test_tampering_shows(tampered: Callable[[Lines], Lines], log: AuditLog) -> None:
    log.path.write_bytes(b"".join(line + b"\n" for line in tampered(log.lines())))
    assert faults(log)
    with pytest.raises(HuitouError):
        log.append([event(5)])


def test_a_missing_head_shows(log: AuditLog) -> None:
    (log.path.parent / HEAD).unlink()
    assert faults(log) == [f"state/{HEAD} is missing"]


def test_a_log_cut_off_together_with_its_head_shows_in_the_manifests(log: AuditLog, tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "2026-06-30"
    folder.mkdir(parents=True)
    end = log.head()
    assert end is not None
    (folder / "manifest.json").write_text(json.dumps({"audit_log": end.to_json()}), encoding="utf-8")
    assert faults(log) == []
    other = AuditLog(tmp_path / "other")
    other.path.parent.mkdir()
    other.append([event(1)])
    log.path.write_bytes(other.path.read_bytes())
    log.head_path.write_bytes(other.head_path.read_bytes())
    assert faults(log) == ["exports/2026-06-30: its manifest names line 4 of the log, which is not as it was"]


def test_a_line_that_a_kill_left_unfinished_is_taken_back(log: AuditLog) -> None:
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"export":"half')
    assert faults(log)
    log.append([event(5)])
    assert faults(log) == []
    assert log.path.read_bytes().startswith(whole)


def test_a_kill_before_the_head_is_healed_by_the_next_run(log: AuditLog) -> None:
    old = log.head_path.read_bytes()
    log.append([event(5)])
    log.head_path.write_bytes(old)
    assert faults(log) == ["1 lines stand after the end that the last run wrote down"]
    assert log.append([event(5)]).lines == 5
    assert faults(log) == []


def test_nothing_written_yet_holds(tmp_path: Path) -> None:
    assert list(AuditLog(tmp_path).faults(tmp_path / "exports", tmp_path / "reports")) == []
    assert not (tmp_path / LOG).exists()
