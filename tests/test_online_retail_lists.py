"""Lists and page of a real shop that tells neither contacts nor consents: nobody is let out, until people said yes."""

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from test_online_retail import EXAMPLE, EXPORT

from pipeline.workspace import Workspace

Huitou = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EXPORT.exists(), reason="the public data set Online Retail II is not at hand"),
]

WHOLESALERS = ["12415", "13694", "14156", "14646", "14911", "17450", "18102"]
"""Customers who bought for more than 10,000 pounds: 12415 in 21 invoices, 18102 for the most of all."""
SAID_YES, SAID_NO = WHOLESALERS[:3], WHOLESALERS[3]
WITHOUT_ADDRESS = WHOLESALERS[4]
SOURCES = """  - {name: newsletter, kind: members, path: "members.csv"}
  - {name: consents, kind: consents, path: "consents.csv"}
"""


def manifest(workspace: Workspace) -> dict[str, Any]:
    (path,) = workspace.exports.glob("*/manifest.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, run_huitou: Huitou) -> Callable[..., Workspace]:
    """A night of the example on the lines of a few customers, with more sources if asked for."""
    lines = pl.read_csv(EXPORT, infer_schema=False).filter(pl.col("Customer ID").is_in(WHOLESALERS))

    def made(sources: str = "", **files: str) -> Workspace:
        root = tmp_path_factory.mktemp("gifts") / "data"
        shutil.copytree(EXAMPLE, root)
        (root / "landing").mkdir()
        lines.write_csv(root / "landing" / "online_retail_few.csv")
        for name, text in files.items():
            (root / "landing" / f"{name}.csv").write_text(text, encoding="utf-8")
        settings = (
            (root / "settings.yaml").read_text(encoding="utf-8").replace("online_retail*.csv.gz", "online_retail*")
        )
        (root / "settings.yaml").write_text(settings.replace("segments:\n", f"{sources}segments:\n"), encoding="utf-8")
        done = run_huitou(root, "run")
        assert done.returncode == 0, done.stderr
        return Workspace(root)

    return made


@pytest.fixture(scope="module")
def silent(make: Callable[..., Workspace]) -> Workspace:
    """The shop as it is."""
    return make()


@pytest.fixture(scope="module")
def consenting(make: Callable[..., Workspace]) -> Workspace:
    """The same shop with invented addresses and answers."""
    known = [number for number in WHOLESALERS if number != WITHOUT_ADDRESS]
    answers = {**dict.fromkeys(SAID_YES, "granted"), SAID_NO: "withdrawn", WITHOUT_ADDRESS: "granted"}
    members = ["member_no,email", *(f"{number},c{number}@customers.example.org" for number in known)]
    consents = ["member_no,channel,purpose,state,changed_at"]
    consents += [f"{number},email,email_marketing,{state},2011-01-10 09:00:00" for number, state in answers.items()]
    return make(SOURCES, members="\n".join(members), consents="\n".join(consents))


def test_without_contacts_and_consents_nobody_is_let_out(silent: Workspace) -> None:
    told = manifest(silent)
    counts = {each["export"]: (each["segment_size"], each["exported"], each["excluded"]) for each in told["exports"]}
    everybody = len(WHOLESALERS)
    assert counts == {
        "wholesalers.csv": (everybody, 0, {"no_contact": everybody}),
        "wholesalers.parquet": (everybody, 0, {"no_contact": everybody}),
        "christmas_only.xlsx": (0, 0, {}),
    }
    assert all(each["files"] == [] for each in told["exports"])
    assert not list(silent.exports.glob("*/for_tools"))


def test_masked_lists_serve_the_house_itself(silent: Workspace) -> None:
    (path,) = silent.exports.glob("*/wholesalers.csv")
    listed = pl.read_csv(path, infer_schema=False)
    assert listed.height == len(WHOLESALERS)
    assert {"Customer id", "Phone (masked)", "Net spend"} <= set(listed.columns)
    assert listed["Phone (masked)"].null_count() == listed.height


def test_the_page_is_in_english_and_pounds(silent: Workspace) -> None:
    (page,) = silent.reports.glob("*/index.html")
    text = page.read_text(encoding="utf-8")
    assert '<html lang="en"' in text
    assert "£" in text
    assert "¥" not in text
    assert not any("一" <= letter <= "鿿" for letter in text)


def test_who_said_yes_and_has_an_address_is_on_the_list(consenting: Workspace) -> None:
    told = {each["export"]: each for each in manifest(consenting)["exports"]}
    entry = told["wholesalers.csv"]
    assert (entry["segment_size"], entry["exported"]) == (len(WHOLESALERS), len(SAID_YES))
    assert entry["excluded"] == {"no_contact": 1, "withdrawn": 1, "no_consent": 2}
    assert entry["legal_basis"].startswith("consent")
    folder = next(consenting.exports.glob("*/manifest.json")).parent
    wanted = [f"c{number}@customers.example.org" for number in SAID_YES]
    (csv,) = (folder / file["name"] for file in entry["files"])
    assert sorted(pl.read_csv(csv, infer_schema=False)["email"]) == wanted
    (parquet,) = (folder / file["name"] for file in told["wholesalers.parquet"]["files"])
    assert sorted(pl.read_parquet(parquet)["email"]) == wanted
