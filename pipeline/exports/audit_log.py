"""`state/export_log.jsonl`: every list that was ever written, a line each, with the SHA-256 of the line before.

Nothing is ever changed in it. `state/export_log.head` counts the lines and holds the hash of the last one, and each
night's manifest names its own last line, so a line that is changed, taken out, moved or cut off at the end shows.
There is no clock and no personal value in it; the day is as_of, the run the snapshot.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import HuitouError
from pipeline.lake import file_sha256, write_bytes

LOG = "export_log.jsonl"
HEAD = "export_log.head"
START = "0" * 64
MANIFEST = "manifest.json"
REMEDY = "Restore state/ from backup, and ask who had access to it."


@dataclass(frozen=True)
class Head:
    """Where the log ends: how many lines, and the hash of the last."""

    lines: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """As the manifest and the head file hold it."""
        return {"lines": self.lines, "sha256": self.sha256}


class AuditLog:
    """The log of one workspace. Call under the run lock."""

    def __init__(self, state: Path) -> None:
        self.path, self.head_path = state / LOG, state / HEAD

    def lines(self) -> list[bytes]:
        """All lines without their line ends; an unfinished last one included."""
        return (
            self.path.read_bytes().split(b"\n")[: None if self._is_unfinished() else -1] if self.path.exists() else []
        )

    def _is_unfinished(self) -> bool:
        content = self.path.read_bytes()
        return bool(content) and not content.endswith(b"\n")

    def head(self) -> Head | None:
        """What the head file says; None before the first line."""
        if not self.head_path.exists():
            return None
        content = json.loads(self.head_path.read_text(encoding="utf-8"))
        return Head(int(content["lines"]), str(content["sha256"]))

    def append(self, events: Sequence[Mapping[str, Any]]) -> Head:
        """Add each event that the log does not hold yet; returns where the last of them stands.

        The same night again adds nothing. A line that a killed run left unfinished is taken back first. Raises
        HuitouError where the chain is broken: nothing may leave on top of a log that was tampered with.
        """
        self._take_back()
        faults = list(self._chain_faults())
        if faults:
            raise HuitouError(faults[0], where=f"state/{LOG}", remedy=REMEDY)
        known = {json.loads(line)["event"]: Head(place, _sha(line)) for place, line in enumerate(self.lines(), start=1)}
        lines = self.lines()
        end = Head(len(lines), _sha(lines[-1]) if lines else START)
        last = end
        for event in events:
            digest = _sha(_canonical(event))
            if digest not in known:
                end = self._write({**event, "event": digest, "line": end.lines + 1, "previous": end.sha256})
                known[digest] = end
            last = known[digest]
        write_bytes(self.head_path, json.dumps(end.to_json()).encode())
        return last

    def _take_back(self) -> None:
        if self.path.exists() and self._is_unfinished():
            whole = self.path.read_bytes().rpartition(b"\n")[0]
            os.truncate(self.path, len(whole) + 1 if whole else 0)

    def _write(self, line: Mapping[str, Any]) -> Head:
        content = _canonical(line)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, content + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        return Head(int(line["line"]), _sha(content))

    def _chain_faults(self) -> Iterator[str]:
        previous, lines = START, self.lines()
        for number, line in enumerate(lines, start=1):
            fault = _line_fault(line, number, previous)
            if fault:
                yield f"line {number} {fault}"
                return
            previous = _sha(line)
        head = self.head()
        if head is not None and (head.lines > len(lines) or _hash_at(lines, head.lines) != head.sha256):
            yield f"the log should hold {head.lines} lines as they were written and holds {len(lines)}"

    def faults(self, exports: Path, reports: Path) -> Iterator[str]:
        """Everything that does not hold, in words: the chain, its head, and what the manifests of lists say.

        Those are the ones of `exports`, and of the stores in `reports`.
        """
        yield from self._chain_faults()
        lines, head = self.lines(), self.head()
        if lines and head is None:
            yield f"state/{HEAD} is missing"
        elif head is not None and head.lines < len(lines):
            yield f"{len(lines) - head.lines} lines stand after the end that the last run wrote down"
        manifests = [*exports.glob(f"[!.]*/{MANIFEST}"), *reports.glob(f"[!.]*/*/{MANIFEST}")]
        for path in sorted(manifests):
            yield from _manifest_faults(path, path.parent.relative_to(exports.parent).as_posix(), lines)


def _manifest_faults(path: Path, where: str, lines: Sequence[bytes]) -> Iterator[str]:
    """What a manifest says of the log, and what it says of the files beside it; expired files may be gone."""
    content = json.loads(path.read_text(encoding="utf-8"))
    told = content.get("audit_log")
    if told is not None and _hash_at(lines, told["lines"]) != told["sha256"]:
        yield f"{where}: its manifest names line {told['lines']} of the log, which is not as it was"
    for entry in [*content.get("exports", ()), *content.get("lists", ()), *content.get("stores", ())]:
        for file in entry["files"]:
            name = "/".join(filter(None, (entry.get("folder"), file["name"])))
            there = path.parent / name
            if there.exists() and file_sha256(there) != file["sha256"]:
                yield f"{where}/{name} has other bytes than its manifest says"


def _line_fault(line: bytes, number: int, previous: str) -> str:
    try:
        content = json.loads(line)
        event = {key: value for key, value in content.items() if key not in ("event", "line", "previous")}
        is_whole = content["event"] == _sha(_canonical(event)) and _canonical(content) == line
        if not is_whole or content["line"] != number:
            return "is not as it was written"
        return "" if content["previous"] == previous else "does not follow the line before it"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "cannot be read"


def _hash_at(lines: Sequence[bytes], number: int) -> str:
    if number == 0:
        return START
    return _sha(lines[number - 1]) if number <= len(lines) else ""


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
