"""People typed their phones, names and addresses wherever one can type: none of it is found where it may not be.

One shop with every kind of source runs a night, is asked everything a user can ask, and then gets spoilt files. Scanned
are all files that these left, all that was printed, and what was sent to a chat group.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from chat_service import ChatService, chatting
from privacy_scanner import files_below, found_in, leaks, needles
from private_shop import AS_OF, PEOPLE, PHONE_CARD, PLANTED, header_of, rows_of, write_csv, write_shop

from pipeline.schemas.catalog import TABLES
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

pytestmark = pytest.mark.slow
Huitou = Callable[..., subprocess.CompletedProcess[str]]
SECRETS = (*PLANTED, PHONE_CARD)
MAY_HOLD = ("landing", "spool", "parts")
"""The exports themselves, their copies, and what the readers made of them, refused records included."""
RESTRICTED = re.compile(r"^\| `(\w+)` \| [^|]+ \|$", re.MULTILINE)
PAGE = Path(__file__).parents[1] / "docs" / "privacy.md"


@dataclass(frozen=True)
class Asked:
    """The workspace, and everything that its commands said: what was asked, exit code, what was printed."""

    workspace: Workspace
    told: Sequence[tuple[str, int, str]]
    chat: ChatService


def restricted_tables() -> set[str]:
    """The tables that may hold raw values, as docs/privacy.md lists them, and the two layers of which all do."""
    named = set(RESTRICTED.findall(PAGE.read_text(encoding="utf-8")))
    return named | {name for name, spec in TABLES.items() if spec.layer in ("raw", "clean")}


def spoil(workspace: Workspace, which: str) -> None:
    """A file that stops the next night, with somebody's data where the message would have to quote."""
    someone, header = PEOPLE[0], header_of("orders")
    row = dict(zip(header, rows_of("orders")[0], strict=True))
    path = workspace.landing / "orders" / "3.csv"
    if which == "an unknown status":
        status = f"{someone.name}{someone.phone}退"
        rows = [header, [*(row | {"status": status, "order_id": "Z1"}).values()]]
    elif which == "no header":
        rows = [[*row.values()], [*(row | {"order_id": "Z2"}).values()]]
    else:
        rows = [header, *([*(row | {"order_id": f"Z{n}", "paid_amount": someone.phone + someone.name}).values()]
                          for n in range(40))]  # fmt: skip
    write_csv(path, rows)


SPOILT = {"an unknown status": 3, "no header": 0, "too many refused": 3}
"""What is wrong with the file, and how the night ends: a file without a header is refused alone."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, run_huitou: Huitou) -> Iterator[Asked]:
    """The night, the questions, and the nights with a spoilt file."""
    workspace = Workspace(tmp_path_factory.mktemp("private") / "data")
    write_shop(workspace)
    told: list[tuple[str, int, str]] = []

    def ask(*arguments: str) -> None:
        done = run_huitou(workspace.root, *arguments)
        shown = " ".join(arguments) if not set(arguments) & set(SECRETS) else f"{arguments[0]} somebody"
        told.append((shown, done.returncode, done.stdout + done.stderr))

    with chatting() as chat, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUITOU_ALERT_URL", chat.url)
        patch.setenv("HUITOU_SUMMARY_URL", chat.url)
        patch.setenv("NO_PROXY", "127.0.0.1")
        ask("check", "--verbose")
        ask("run")
        for key in (PEOPLE[0].phone, "13900000000"):
            ask("explain", key)
        ask("explain", PEOPLE[0].phone, PEOPLE[1].phone)
        for command in ("status", "verify", "verify-audit", "run"):
            ask(command)
        for which in SPOILT:
            spoil(workspace, which)
            ask("check", "--verbose")
            ask("run", "--as-of", "2026-04-01")
        yield Asked(workspace, told, chat)


def machine_lists(workspace: Workspace) -> set[Path]:
    """Files that tools load, as the manifests name them."""
    manifests = [
        (path, json.loads(path.read_text(encoding="utf-8"))) for path in workspace.exports.rglob("manifest.json")
    ]
    return {
        path.parent / file["name"] for path, told in manifests for each in told["exports"] for file in each["files"]
    }


def scanned(workspace: Workspace) -> list[Path]:
    """Every file of the workspace that may hold nobody's data."""
    machine = machine_lists(workspace)
    files = [path for path in files_below(workspace.root) if path not in machine]
    return [path for path in files if path.relative_to(workspace.root).parts[0] not in MAY_HOLD]


def table_of(path: Path, workspace: Workspace) -> str | None:
    """The table whose file this is; None for any other file."""
    parts = path.relative_to(workspace.root).parts
    return Path(parts[3]).stem if parts[0] == "snapshots" and len(parts) > 3 else None


def test_the_night_was_what_it_should_be(asked: Asked) -> None:
    codes = [(shown, code) for shown, code, _ in asked.told if shown.startswith(("run", "verify"))]
    assert codes == [
        ("run", 0), ("verify", 0), ("verify-audit", 0), ("run", 0),
        *(("run --as-of 2026-04-01", code) for code in SPOILT.values()),
    ]  # fmt: skip
    kept = SnapshotStore(asked.workspace.snapshots).sealed()
    assert [snapshot.as_of.isoformat() for snapshot in kept] == [AS_OF, "2026-04-01"]
    with duckdb.connect(asked.workspace.warehouse, read_only=True) as connection:
        refused = dict(connection.execute("select rule, count(*) from rejected_rows group by rule").fetchall())
    assert sum(refused.values()) == 5


def test_the_scanner_finds_what_is_there(asked: Asked) -> None:
    """Machine lists, copies and parts hold every secret that they should, in every packing."""
    machine = leaks(machine_lists(asked.workspace), PLANTED)
    assert {how for found in machine.values() for _, how in found} >= {"plain, utf-8", "md5, utf-8"}
    spool = leaks(files_below(asked.workspace.spool), SECRETS)
    assert {value for found in spool.values() for value, _ in found} == set(SECRETS)
    assert {"plain, gb18030", "plain, utf-8"} <= {how for found in spool.values() for _, how in found}


def test_nothing_is_found_in_files(asked: Asked) -> None:
    found = leaks(scanned(asked.workspace), SECRETS)
    named = {path: table_of(path, asked.workspace) for path in found}
    outside = {str(path): sorted(found[path]) for path, table in named.items() if table not in restricted_tables()}
    assert outside == {}


def test_what_the_page_lists_is_exact(asked: Asked) -> None:
    """No restricted table is published, and none is listed that holds nothing."""
    restricted = restricted_tables()
    assert not {name for name in restricted if TABLES[name].published}
    found = {table_of(path, asked.workspace) for path in leaks(scanned(asked.workspace), SECRETS)}
    listed = {name for name in restricted if TABLES[name].layer not in ("raw", "clean")}
    assert found >= listed


def test_nothing_is_printed(asked: Asked) -> None:
    wanted = needles(SECRETS)
    said = {shown: sorted(found) for shown, _, text in asked.told if (found := found_in(text.encode(), wanted))}
    assert said == {}


def test_nothing_is_sent(asked: Asked) -> None:
    alerts = [json.dumps(message, ensure_ascii=False) for message in asked.chat.received]
    assert len(alerts) == sum(code != 0 for code in SPOILT.values())
    assert found_in("\n".join(alerts).encode(), needles(SECRETS)) == set()


def test_who_wants_no_profiling_is_on_no_list(asked: Asked) -> None:
    found = leaks(machine_lists(asked.workspace), PEOPLE[2].planted)
    assert found == {}
