"""`huitou check`: what a night would refuse is refused before it, files that look alike are told together."""

from pathlib import Path

import pytest

from assets.checking import check_workspace
from pipeline.errors import SettingsError
from pipeline.workspace import Workspace

HEADER = "order_id,ordered_at,paid_amount,currency,status\n"
GOOD = "".join(f"{number},2026-03-01 10:00,5.00,CNY,paid\n" for number in range(40))
SPOILT = "".join(f"{number},2026-03-01 10:00,five,CNY,paid\n" for number in range(10))
SHOP = "retailer: 店\nsources:\n  - {name: web, kind: orders, path: 'web/*.csv'}\n"


def shop(tmp_path: Path, files: dict[str, str], settings: str = SHOP) -> Workspace:
    workspace = Workspace(tmp_path)
    (tmp_path / "settings.yaml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + text, encoding="utf-8")
    return workspace


def checked(workspace: Workspace, *, verbose: bool = False) -> tuple[int, str]:
    report = check_workspace(workspace, verbose=verbose)
    return report.bad_files, "\n".join(report.lines)


CASES = [
    pytest.param({"web/1.csv": GOOD}, 0, "40 rows, 40 good", id="good"),
    pytest.param({"web/1.csv": GOOD + SPOILT.splitlines()[0] + "\n"}, 0, "1 rejected", id="one spoilt row is told"),
    pytest.param({"web/1.csv": GOOD[:900] + SPOILT * 3}, 1, "quality.max_rejected_share", id="too many spoilt rows"),
    pytest.param({"web/1.csv": GOOD.replace("CNY", "GBP")}, 1, "amounts in GBP, but no source", id="no rates"),
    pytest.param({"web/1.csv": GOOD, "web/2.csv": GOOD}, 0, "landing/web/1.csv and 1 like it", id="alike"),
    pytest.param({"web/1.csv": GOOD, "other/2.csv": GOOD}, 0, "? landing/other/2.csv: no source", id="unclaimed"),
]


@pytest.mark.parametrize(("files", "bad", "told"), CASES)
def test_what_a_night_would_meet(tmp_path: Path, files: dict[str, str], bad: int, told: str) -> None:
    bad_files, text = checked(shop(tmp_path, files))
    assert bad_files == bad, text
    assert told in text


def test_a_reason_is_said_once_below_its_cells(tmp_path: Path) -> None:
    two = "".join(SPOILT.splitlines(keepends=True)[:2])
    text = checked(shop(tmp_path, {"web/1.csv": GOOD + two}))[1]
    assert text.count("MONEY_FORMAT paid_amount XXXX") == 2
    assert text.count("MONEY_FORMAT: no number;") == 1


def test_files_alike_are_added_up_and_told_one_by_one_on_request(tmp_path: Path) -> None:
    workspace = shop(tmp_path, {"web/1.csv": GOOD, "web/2.csv": GOOD})
    assert "80 rows, 80 good" in checked(workspace)[1]
    assert checked(workspace, verbose=True)[1].count("40 rows, 40 good") == 2


def test_rates_make_foreign_money_good(tmp_path: Path) -> None:
    rates = SHOP + "  - {name: rates, kind: fx_rates, path: 'rates/*.csv'}\n"
    assert checked(shop(tmp_path, {"web/1.csv": GOOD.replace("CNY", "GBP")}, rates))[0] == 0


MIRRORS = """retailer: 店
sources:
  - {name: a, kind: orders, path: 'a/*', mirrors: [b]}
  - {name: b, kind: orders, path: 'b/*', mirrors: [a]}
"""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (MIRRORS, "in a ring"),
        (SHOP + "segments:\n  - {name: x, where: 'order_cont > 1'}\n", "order_count"),
        (SHOP.replace("kind: orders", "kind: orders, format: tmal"), "did you mean tmall"),
        (SHOP + "lifecyle: {}\n", "did you mean lifecycle"),
    ],
)
def test_settings_that_cannot_be_obeyed(tmp_path: Path, settings: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        check_workspace(shop(tmp_path, {}, settings))
