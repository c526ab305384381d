"""What is kept how long, by kind of thing: judged by as_of, counted, and never the lines that tell what left."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline.ingest import TakenFile, source_files, warnings_of
from pipeline.lake import write_table
from pipeline.ledger import SpooledFile
from pipeline.parts import Part
from pipeline.plan import EXPIRED, is_expired, known_files
from pipeline.retention import Swept, sweep
from pipeline.retention_settings import RetentionSettings
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.snapshots import Manifest, Snapshot
from pipeline.workspace import Workspace

AS_OF = date(2026, 10, 31)
FOR_EVER = RetentionSettings(masked_list_days=9999, refused_record_days=9999)


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "shop")
    made.create()
    return made


@pytest.fixture
def night(workspace: Workspace) -> Callable[..., Snapshot]:
    """A sealed night whose ledger holds these files."""

    def made(*files: dict[str, Any]) -> Snapshot:
        spec = TABLES["source_files"]
        blank = {
            "source": "s", "path": "s/1.csv", "sha256": "ab12", "byte_count": 1, "state": "loaded", "format": "f",
            "reports": "r", "file_on": AS_OF, "first_night_on": ago(1), "rows": 1, "control_rows": 0,
            "ignored_rows": 0, "rejected_rows": 0, "unknown_columns": "",
        }  # fmt: skip
        folder = workspace.snapshots / "night"
        rows = pl.DataFrame([{**blank, **file} for file in files], schema=spec.polars_schema)
        write_table(spec, rows, folder / spec.layer / f"{spec.name}.parquet")
        return Snapshot(folder, Manifest("night", AS_OF.isoformat(), None, None, "", "", ""))

    return made


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


TOOL_LIST = "for_tools/best.for_sms.csv"


def handed_out(workspace: Workspace, days_ago: int) -> Path:
    """The folder of a night with one masked list, one list for a tool that is good for a week, and who was on it."""
    on = ago(days_ago)
    folder = workspace.exports / on.isoformat()
    manifest = {
        "as_of": on.isoformat(),
        "lists": [{"segment": "best", "files": [{"name": "best.csv"}, {"name": "best.xlsx"}]}],
        "exports": [
            {"export": "best.sms", "expires_on": (on + timedelta(days=7)).isoformat(), "files": [{"name": TOOL_LIST}]}
        ],
    }
    for name in ("best.csv", "best.xlsx", TOOL_LIST, "recipients.parquet"):
        write(folder / name)
    write(folder / "manifest.json", json.dumps(manifest).encode())
    return folder


class TestLists:
    @pytest.mark.parametrize(
        ("days_ago", "masked_days", "kept"),
        [
            (0, 30, ["best.csv", "best.xlsx", TOOL_LIST, "manifest.json", "recipients.parquet"]),
            (6, 30, ["best.csv", "best.xlsx", TOOL_LIST, "manifest.json", "recipients.parquet"]),  # good for a day more
            (7, 30, ["best.csv", "best.xlsx", "manifest.json", "recipients.parquet"]),  # its last day is over
            (29, 30, ["best.csv", "best.xlsx", "manifest.json", "recipients.parquet"]),
            (30, 30, ["manifest.json", "recipients.parquet"]),
            (3, 2, [TOOL_LIST, "manifest.json", "recipients.parquet"]),
        ],
    )
    def test_files_go_and_manifests_stay(
        self, days_ago: int, masked_days: int, kept: list[str], workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        folder = handed_out(workspace, days_ago)
        before = (folder / "manifest.json").read_bytes()
        settings = RetentionSettings(masked_list_days=masked_days)
        swept = sweep(workspace, settings, night())
        assert left(folder) == kept
        assert swept == Swept(list_files=5 - len(kept))
        assert (folder / "manifest.json").read_bytes() == before
        assert sweep(workspace, settings, night()) == Swept()

    @pytest.mark.parametrize(("days_ago", "gone"), [(29, 0), (30, 2)])
    def test_lists_of_single_stores_too(
        self, days_ago: int, gone: int, workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        folder = workspace.reports / ago(days_ago).isoformat() / "stores"
        for path in (folder / "S1" / "customers.csv", folder / "S1" / "customers.xlsx", folder / "S1" / "index.html"):
            write(path)
        assert sweep(workspace, RetentionSettings(), night()) == Swept(list_files=gone)
        assert len(left(folder)) == 3 - gone
        assert (folder / "S1" / "index.html").exists()

    def test_a_manifest_cannot_name_files_elsewhere(self, workspace: Workspace, night: Callable[..., Snapshot]) -> None:
        key = write(workspace.state / "key")
        folder = handed_out(workspace, 40)
        entry = {"expires_on": ago(33).isoformat(), "files": [{"name": "../../state/key"}]}
        write(folder / "manifest.json", json.dumps({"as_of": ago(40).isoformat(), "exports": [entry]}).encode())
        sweep(workspace, RetentionSettings(), night())
        assert key.exists()

    @pytest.mark.parametrize(("days", "is_kept"), [(None, True), (400, True), (399, False)])
    def test_who_was_on_a_list(
        self, days: int | None, is_kept: bool, workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        folder = handed_out(workspace, 400)
        swept = sweep(workspace, RetentionSettings(recipient_days=days), night())
        assert (folder / "recipients.parquet").exists() == is_kept
        assert swept.recipient_files == (not is_kept)


class TestReports:
    @pytest.mark.parametrize(
        ("days", "kept"), [(None, [800, 31, 30, 0]), (30, [30, 0]), (31, [31, 30, 0]), (1000, [800, 31, 30, 0])]
    )
    def test_reports(
        self, days: int | None, kept: list[int], workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        for back in (800, 31, 30, 0):
            write(workspace.reports / ago(back).isoformat() / "index.html")
            write(workspace.reports / ago(back).isoformat() / "stores" / "S1" / "index.html")
        write(workspace.reports / "notes" / "mine.txt")
        swept = sweep(workspace, RetentionSettings(report_days=days), night())
        nights = {path.name for path in workspace.reports.iterdir()}
        assert {ago(back).isoformat() for back in kept} == nights - {"notes"}
        assert swept.reports == 4 - len(kept)
        assert (workspace.reports / "notes" / "mine.txt").exists()


class TestRefusedRecords:
    @pytest.mark.parametrize(("days_ago", "emptied"), [(180, 0), (181, 2)])
    def test_their_text_goes_and_the_rule_stays(
        self, days_ago: int, emptied: int, workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        path = workspace.parts / "p1" / "rejected.parquet"
        path.parent.mkdir()
        rejected = pl.DataFrame(
            {"row_number": [3, 4], "rule": ["MONEY_FORMAT"] * 2, "column": [None, "paid_amount"],
             "value_masked": [None, "99a"], "text": ["记录 甲", "记录 乙"]},
        )  # fmt: skip
        rejected.write_parquet(path)
        ledger = night({"part_id": "p1", "rejected_rows": 2, "first_night_on": ago(days_ago)})
        assert sweep(workspace, RetentionSettings(), ledger) == Swept(refused_records=emptied)
        found = pl.read_parquet(path)
        assert found.drop("text").equals(rejected.drop("text"))
        assert found["text"].to_list() == (["", ""] if emptied else ["记录 甲", "记录 乙"])
        assert sweep(workspace, RetentionSettings(), ledger) == Swept()
        assert "记录".encode() not in path.read_bytes() or not emptied


class TestFilesTooOldToCount:
    @pytest.mark.parametrize(
        ("kind", "file", "expected"),
        [
            ("events", {"last_event_on": ago(1095)}, False),
            ("events", {"last_event_on": ago(1096)}, True),
            ("events", {"last_event_on": ago(1096), "first_night_on": AS_OF}, False),  # taken tonight
            ("events", {"last_event_on": None}, False),
            ("events", {"last_event_on": ago(1096), "state": "redelivered"}, False),
            ("events", {"last_event_on": ago(1096), "state": "refused"}, False),
            ("events", {"last_event_on": ago(10), "state": EXPIRED}, True),  # once for all
            ("campaign_contacts", {"last_event_on": ago(1096)}, True),
            ("tickets", {"last_event_on": ago(1096)}, True),
            ("orders", {"last_event_on": ago(9999)}, False),
            ("consents", {"last_event_on": ago(9999)}, False),
            ("members", {"last_event_on": ago(9999)}, False),
        ],
    )
    def test_by_kind(self, kind: Any, file: dict[str, Any], expected: bool) -> None:
        row = {"state": "loaded", "first_night_on": ago(1), "last_event_on": None, **file}
        assert is_expired(row, kind, RetentionSettings(), AS_OF) == expected

    def test_none_keeps_for_ever(self) -> None:
        row = {"state": "loaded", "first_night_on": ago(1), "last_event_on": ago(99999)}
        assert not is_expired(row, "events", RetentionSettings(event_file_days=None), AS_OF)

    def test_a_night_takes_no_row_of_them_and_its_ledger_says_so(
        self, workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        old, new = ago(1096), ago(10)
        ledger = night(
            {"path": "s/old.csv", "sha256": "aa", "part_id": "p1", "rows": 7, "last_event_on": old},
            {"path": "s/again.csv", "sha256": "aa", "state": "redelivered"},
            {"path": "s/new.csv", "sha256": "bb", "part_id": "p2", "last_event_on": new},
        )
        settings = Settings(retailer="x", sources=({"name": "s", "kind": "events", "path": "s/*"},))
        again = SpooledFile("s", "s/once_more.csv", "aa", 1, workspace.spool / "aa" / "aa")
        rows = ledger.table("source_files").read()
        files = list(known_files(rows, [again], workspace, settings, AS_OF))
        counts = {known.spooled.name: known.counts for known in files}
        assert counts == {"s/again.csv": False, "s/new.csv": True, "s/old.csv": False, "s/once_more.csv": False}

        part = Part("p2", workspace.parts / "p2", "f", "utf-8", (), {}, None)
        taken = [TakenFile(known, part if known.counts else None) for known in files]
        tonight = SimpleNamespace(path=lambda name: workspace.snapshots / "tonight" / f"{name}.parquet")
        made = source_files(tonight, taken).read()  # type: ignore[arg-type]
        told = dict(made.select("path", "state").iter_rows())
        assert told == {
            "s/again.csv": "redelivered", "s/new.csv": "loaded", "s/old.csv": EXPIRED, "s/once_more.csv": "redelivered",
        }  # fmt: skip
        kept = made.row(by_predicate=pl.col("state") == EXPIRED, named=True)
        before = rows.row(by_predicate=pl.col("path") == "s/old.csv", named=True)
        assert kept == {**before, "state": EXPIRED}
        plan = SimpleNamespace(plan=SimpleNamespace(warnings=()))
        assert not [line for line in warnings_of(plan, taken) if "old.csv" in line]  # type: ignore[arg-type]

    def test_what_was_made_of_them_goes_and_the_copy_stays(
        self, workspace: Workspace, night: Callable[..., Snapshot]
    ) -> None:
        for part in ("old", "new"):
            write(workspace.parts / part / "raw_events.parquet")
        copy = write(workspace.spool / "ab" / "ab12")
        ledger = night(
            {"state": EXPIRED, "part_id": "old", "last_event_on": ago(2000)},
            {"path": "s/2.csv", "sha256": "cd34", "part_id": "new", "last_event_on": ago(1)},
        )
        assert sweep(workspace, FOR_EVER, ledger) == Swept(parts=1)
        assert left(workspace.parts) == ["new/raw_events.parquet"]
        assert copy.exists()

    @pytest.mark.parametrize(
        ("state", "last_on", "landed", "expected"),
        [
            (EXPIRED, ago(1301), False, Swept(spool_copies=1)),
            (EXPIRED, ago(1300), False, Swept()),  # not yet
            (EXPIRED, ago(1301), True, Swept(files_in_landing=1)),  # would only be copied again
            ("loaded", ago(1301), False, Swept()),  # still counts
        ],
    )
    def test_copies_go_only_where_it_is_asked_for(
        self, state: str, last_on: date, landed: bool, expected: Swept, workspace: Workspace,
        night: Callable[..., Snapshot],
    ) -> None:  # fmt: skip
        copy = write(workspace.spool / "ab" / "ab12")
        if landed:
            write(workspace.landing / "s" / "1.csv")
        ledger = night({"state": state, "last_event_on": last_on})
        assert sweep(workspace, RetentionSettings(spool_days=1300), ledger) == expected
        assert copy.exists() == (not expected.spool_copies)


def test_what_was_deleted_is_told(
    workspace: Workspace, night: Callable[..., Snapshot], caplog: pytest.LogCaptureFixture
) -> None:
    handed_out(workspace, 40)
    with caplog.at_level("INFO", logger="huitou.publish"):
        sweep(workspace, RetentionSettings(), night())
        sweep(workspace, RetentionSettings(), night())
    told: Sequence[str] = [record.getMessage() for record in caplog.records]
    assert told == ["kept no longer: list_files 3"]
