"""The folder of a night: whole or not at all, the same bytes twice, and nothing personal in what describes it."""

import hashlib
import json
from pathlib import Path

import pytest
from house import AS_OF, House, crowd, edition, phone

from pipeline.errors import SettingsError
from pipeline.exports import folder as folders
from pipeline.exports.audit_log import AuditLog
from pipeline.exports.definition import load_destinations
from pipeline.exports.folder import is_up_to_date, write_folder
from pipeline.exports.orders import check_exports

EXPORTS = [
    {"segment": "all", "destination": "aliyun_sms", "purpose": "sms_marketing", "variables": {"code": "A1"}},
    {"segment": "all", "destination": "csv", "purpose": "email_marketing"},
    {"segment": "all", "destination": "csv", "purpose": "sms_marketing"},
]


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = crowd(tmp_path, 6, exports=EXPORTS)
    house.said = [(f"member_no=m{n}", "sms", "", "granted", "2026-01-01") for n in range(4)]
    house.said += [("member_no=m0", "email", "", "granted", "2026-01-01")]
    return house


def test_the_manifest_answers_every_question(house: House) -> None:
    manifest = house.manifest()
    sms, mail, again = manifest["exports"]
    assert {name: sms[name] for name in ("who", "as_of", "run", "purpose", "segment_size", "exported", "excluded")} == {
        "who": "analyst", "as_of": "2026-06-30", "run": "2026-06-30-abc", "purpose": "sms_marketing",
        "segment_size": 6, "exported": 4, "excluded": {"no_consent": 2},
    }  # fmt: skip
    assert (sms["expires_on"], sms["send_window"]) == ("2026-07-07", "08:00-22:00 Asia/Shanghai")
    assert "PIPL" in sms["legal_basis"]
    assert sms["definition_sha256"] == hashlib.sha256(b"true").hexdigest()
    assert (sms["columns"], sms["rows"]) == (["手机号码", "code"], 4)
    assert (mail["exported"], mail["excluded"]) == (1, {"no_consent": 5})
    assert [each["export"] for each in (sms, mail, again)] == ["all.aliyun_sms", "all.csv", "all.csv.2"]
    for entry in manifest["exports"]:
        for file in entry["files"]:
            content = (house.root / "exports" / str(AS_OF) / file["name"]).read_bytes()
            assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_manifest_log_and_recipients_hold_no_contact(house: House) -> None:
    folder = house.write().folder
    told = [folder / "manifest.json", folder / "recipients.parquet", *(house.root / "state").iterdir()]
    for path in told:
        content = path.read_bytes()
        assert not any(phone(n).encode() in content or f"p00{n}@x.cn".encode() in content for n in range(6)), path.name


def files(folder: Path) -> list[Path]:
    """Every file of a night, those for tools too."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_raw_contacts_are_left_in_no_other_file(house: House) -> None:
    folder = house.write().folder
    holding = {str(path.relative_to(folder)) for path in files(folder) if phone(0).encode() in path.read_bytes()}
    assert holding == {"for_tools/all.for_csv.2.csv"}  # the workbook is compressed


def test_no_file_for_a_tool_lies_beside_a_masked_list_or_is_called_like_one(house: House) -> None:
    folder = house.write().folder
    assert {path.name for path in (folder / "for_tools").iterdir()} == {
        "all.for_aliyun_sms.xlsx", "all.for_csv.csv", "all.for_csv.2.csv"
    }  # fmt: skip
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        "all.csv", "all.xlsx", "manifest.json", "recipients.parquet"
    }  # fmt: skip
    assert (folder / "for_tools").stat().st_mode & 0o777 == 0o700


def test_the_same_night_again_touches_nothing(house: House) -> None:
    folder = house.write().folder
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in files(folder)}
    log = (house.root / "state" / "export_log.jsonl").read_bytes()
    house.write()
    assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in files(folder)} == before
    assert (house.root / "state" / "export_log.jsonl").read_bytes() == log
    assert list(AuditLog(house.root / "state").faults(house.root / "exports", house.root / "reports")) == []


def test_a_new_stop_list_makes_the_folder_old(house: House) -> None:
    house.write()
    night = house.night()
    assert is_up_to_date(night)
    stop = house.root / "state" / "suppression"
    stop.mkdir()
    (stop / "td.txt").write_text(phone(1), encoding="utf-8")
    assert not is_up_to_date(night)
    write_folder(night, edition())
    assert is_up_to_date(night)
    first = json.loads((night.folder / "manifest.json").read_text(encoding="utf-8"))["exports"][0]
    assert (first["exported"], first["excluded"]) == (3, {"suppressed": 1, "no_consent": 2})


def test_a_stop_list_that_cannot_be_read_lets_nobody_out(house: House) -> None:
    house.write()
    stop = house.root / "state" / "suppression"
    stop.mkdir()
    (stop / "td.xlsx").write_bytes(b"PK")
    before = (house.night().folder / "manifest.json").read_bytes()
    with pytest.raises(Exception, match="suppression"):
        house.write()
    assert (house.night().folder / "manifest.json").read_bytes() == before


def test_a_failure_leaves_the_old_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = house.write().folder
    before = {path.name: path.stat().st_ino for path in files(folder)}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_recipients", full)
    house.said.clear()
    with pytest.raises(OSError, match="No space"):
        house.write()
    assert {path.name: path.stat().st_ino for path in files(folder)} == before
    assert [path.name for path in (house.root / "exports").iterdir()] == ["2026-06-30"]


def test_a_changed_file_shows(house: House) -> None:
    folder = house.write().folder
    (folder / "for_tools" / "all.for_csv.2.csv").write_text("x", encoding="utf-8")
    (fault,) = AuditLog(house.root / "state").faults(house.root / "exports", house.root / "reports")
    assert fault == "exports/2026-06-30/for_tools/all.for_csv.2.csv has other bytes than its manifest says"


WRONG = [
    ({"segment": "al"}, "no segment has this name"),
    ({"destination": "aliyun"}, "did you mean aliyun_sms"),
    ({"variables": {"x": "{phone_masked}"}}, "names no column"),
    ({"variables": {"x": "=1+1"}}, "value that the tool does not take"),
    ({"destination": "wecom_tags", "purpose": "wecom_marketing", "variables": {"x": "1"}}, "takes no variable x"),
    ({"destination": "csv", "purpose": "birthday_care"}, "Set `channel:`"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_an_export_that_cannot_be_made_is_told_and_refused_by_check(
    change: dict[str, object], message: str, house: House
) -> None:
    house.settings["exports"] = [EXPORTS[0] | {"variables": {}} | change]
    (warning,) = house.write().warnings
    assert message.lower() in warning.lower()
    with pytest.raises(SettingsError, match=r"settings\.yaml"):
        check_exports(house.night().settings, load_destinations(house.root), ["all"])


def test_check_refuses_what_would_find_nobody(house: House) -> None:
    house.settings["exports"] = [{"segment": "all", "destination": "meta", "purpose": "sms_marketing"}]
    with pytest.raises(SettingsError, match="purpose is none"):
        check_exports(house.night().settings, load_destinations(house.root), ["all"])
    house.settings["exports"] = [{"segment": "all", "destination": "meta", "purpose": "share_ads"}]
    with pytest.raises(SettingsError, match="cross_border"):
        check_exports(house.night().settings, load_destinations(house.root), ["all"])


def test_audiences_of_the_wrong_size_are_told(house: House) -> None:
    house.settings |= {
        "exports": [{"segment": "all", "destination": "tiktok", "purpose": "share_ads"}],
        "privacy": {"cross_border": "approved"},
    }
    house.said.append(("member_no=m1", "ads", "", "granted", "2026-01-01"))
    assert house.write().warnings == ("export of all to tiktok: 1 rows are too few, the tool wants at least 1000",)


def test_an_own_destination(house: House) -> None:
    own = house.root / "destinations"
    own.mkdir()
    (own / "till.yaml").write_text(
        "version: 1\ntitle: t\nchannels: [sms]\nfile: {kind: csv, encoding: gb18030, newline: crlf}\n"
        "columns:\n- {header: 电话, value: phone, normaliser: e164_plus, grammar: e164, required: true}\n"
        "- {header: 来源, constant: 回头, grammar: '^.{1,9}$'}\n",
        encoding="utf-8",
    )
    house.settings["exports"] = [{"segment": "all", "destination": "till", "purpose": "sms_marketing"}]
    folder = house.write().folder
    rows = (folder / "for_tools" / "all.for_till.csv").read_bytes().decode("gb18030").split("\r\n")
    assert rows[:2] == ["电话,来源", f"+86{phone(0)},回头"]
