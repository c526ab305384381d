"""Each destination's file, byte for byte or cell for cell, of the same three people."""

import csv
import io
import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from house import AS_OF, House, sha256

from pipeline.errors import SettingsError
from pipeline.exports.definition import load_destinations

LIBRARY = load_destinations(Path("nowhere"))
ANN, BOB = "13812345678", "15987654321"
WM = "wm" + "a" * 30
CHANNEL_OF = {"sms": "sms_marketing", "email": "email_marketing", "wecom": "wecom_marketing", "ads": "share_ads"}
VARIABLES = {"coupon": "满300减50"}


def house_with(root: Path, destination: str, **export: object) -> House:
    """Ann (all contacts, a Chinese name), Bob (a Western name, other phone), Cy (an e-mail that no tool may get)."""
    channel = LIBRARY.get(destination).channels[0]
    wanted = {"segment": "best", "destination": destination, "purpose": CHANNEL_OF[channel], **export}
    keys = {
        "ann": {"member_no": "m1", "phone": ANN, "email": "ann.lee@gmail.com", "external_userid": WM},
        "bob": {"member_no": "m2", "phone": BOB, "email": "bob@x.co.uk", "external_userid": "wo" + "b" * 30},
        "cy": {"member_no": "m3", "email": "=cmd@x.cn", "external_userid": "=1+1"},
    }
    names = {"ann": "欧阳安安", "bob": "Bob van Dyke"}
    return House(
        root,
        people=keys,
        said=[(f"member_no=m{n}", c, "share_ads" if c == "ads" else "", "granted", "2026-01-01")
              for n in (1, 2, 3) for c in CHANNEL_OF],
        members={"best": list(keys)},
        facts={"ann": {"last_order_on": AS_OF, "city": "上海"}},
        rows={"customer_values": [{"customer_id": who, "attribute": "name", "attribute_value": name}
                                  for who, name in names.items()]},
        settings={"exports": [wanted], "privacy": {"cross_border": "approved"}},
    )  # fmt: skip


def written(root: Path, destination: str, **export: object) -> Path:
    folder = house_with(root, destination, **export).write().folder
    (path,) = folder.glob(f"for_tools/best.for_{destination}.*")
    assert path.stat().st_mode & 0o777 == 0o600
    return path


GOLDEN = {
    "meta": f"email,phone\n{sha256('ann.lee@gmail.com')},{sha256('8613812345678')}\n"
            f"{sha256('bob@x.co.uk')},{sha256('8615987654321')}\n{sha256('=cmd@x.cn')},\n",
    "google_customer_match": f"Email,Phone\n{sha256('annlee@gmail.com')},{sha256('+8613812345678')}\n"
                             f"{sha256('bob@x.co.uk')},{sha256('+8615987654321')}\n{sha256('=cmd@x.cn')},\n",
    "tiktok": f"Email_SHA256,Phone_SHA256\n{sha256('ann.lee@gmail.com')},{sha256('+8613812345678')}\n"
              f"{sha256('bob@x.co.uk')},{sha256('+8615987654321')}\n{sha256('=cmd@x.cn')},\n",
    "ocean_engine": f"{sha256(ANN)}\n{sha256(BOB)}\n",
    "ocean_engine_md5": "4c0115d39ddea1eba5a7cdf8edfc18a9\n414aa4a57cefa12a8b46ccaa5fd9a215\n",
    "weixin_pay_brand": "4c0115d39ddea1eba5a7cdf8edfc18a9\n414aa4a57cefa12a8b46ccaa5fd9a215\n",
    "mailchimp": "Email Address,Tags,coupon\nann.lee@gmail.com,best,满300减50\nbob@x.co.uk,best,满300减50\n",
    "klaviyo": "Email,Phone Number,huitou_id,segment,coupon\nann.lee@gmail.com,,ann,best,满300减50\n"
               "bob@x.co.uk,,bob,best,满300减50\n",
    "hubspot": "First name,Last name,Email address,Phone number,coupon\n安安,欧阳,ann.lee@gmail.com,,满300减50\n"
               "Bob van,Dyke,bob@x.co.uk,,满300减50\n",
    "zoho_crm": "Last Name,First Name,Email,Phone,Last Purchase,coupon\n"
                "欧阳,安安,ann.lee@gmail.com,,06/30/2026,满300减50\nDyke,Bob van,bob@x.co.uk,,,满300减50\n",
    "salesforce": "LastName,FirstName,Email,MobilePhone,coupon\n欧阳,安安,ann.lee@gmail.com,,满300减50\n"
                  "Dyke,Bob van,bob@x.co.uk,,满300减50\n",
    "csv": "customer_id,phone,email,external_userid,segment,as_of,coupon\n"
           f"ann,{ANN},,,best,2026-06-30,满300减50\nbob,{BOB},,,best,2026-06-30,满300减50\n",
    "wecom_tags": f"external_userid,add_tag,remove_tag\n{WM},好客,\nwo{'b' * 30},好客,\n",
}  # fmt: skip


@pytest.mark.parametrize("destination", sorted(GOLDEN))
def test_golden_files(destination: str, tmp_path: Path) -> None:
    told = {"coupon": "满300减50"} if LIBRARY.get(destination).variables else {}
    variables = {"tag": "好客"} if destination == "wecom_tags" else told
    path = written(tmp_path, destination, variables=variables)
    text = path.read_bytes().decode()
    assert text == GOLDEN[destination]
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1


def test_tencent_ads_is_a_zip_of_hashes(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, "tencent_ads")) as archive:
        (name,) = archive.namelist()
        assert (name, archive.read(name).decode().splitlines()[0]) == (
            "best.for_tencent_ads.txt",
            "4c0115d39ddea1eba5a7cdf8edfc18a9",
        )


@pytest.mark.parametrize(
    ("destination", "headers", "first"),
    [
        ("aliyun_sms", ["手机号码", "coupon", "city"], [ANN, "满300减50", "上海"]),
        ("tencent_sms", ["手机号", "变量1", "变量2"], [ANN, "满300减50", "上海"]),
        ("fxiaoke", ["姓名", "手机", "邮箱", "coupon", "city"], ["欧阳安安", ANN, None, "满300减50", "上海"]),
    ],
)
def test_workbooks_hold_text_cells(destination: str, headers: list[str], first: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, destination, variables={"coupon": "满300减50", "city": "{city}"})
    sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()
    assert (sheet.columns, list(sheet.row(0))) == (headers, first)
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f'<c r="{"B" if destination == "fxiaoke" else "A"}2" t="inlineStr">' in xml
    assert "<f>" not in xml


def test_parquet_and_xlsx_for_the_house(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "parquet", purpose="email_marketing")
    assert pl.read_parquet(path)["email"].to_list() == ["ann.lee@gmail.com", "bob@x.co.uk"]
    book = fastexcel.read_excel(written(tmp_path / "b", "xlsx", purpose="email_marketing"))
    assert book.load_sheet(0, dtypes="string").to_polars()["email"].to_list() == ["ann.lee@gmail.com", "bob@x.co.uk"]


@pytest.mark.parametrize("destination", ["klaviyo", "mailchimp", "wecom_tags"])
def test_a_cell_against_its_grammar_costs_the_row_and_is_counted(destination: str, tmp_path: Path) -> None:
    (entry,) = house_with(tmp_path, destination).manifest()["exports"]
    assert (entry["exported"], entry["excluded"]) == (2, {"invalid_cell": 1})


class TestTagsAsDifferences:
    def test_only_what_changed_is_written(self, tmp_path: Path) -> None:
        house = house_with(tmp_path, "wecom_tags", variables={"tag": "好客"})
        house.write()
        house.as_of = AS_OF.replace(month=7, day=1)
        house.members["best"] = ["bob"]
        (entry,) = house.manifest()["exports"]
        assert (entry["exported"], entry["rows"], entry["removed"], entry["segment_size"]) == (1, 1, 1, 1)
        path = tmp_path / "exports" / "2026-07-01" / "for_tools" / "best.for_wecom_tags.csv"
        assert path.read_text(encoding="utf-8") == f"external_userid,add_tag,remove_tag\n{WM},,好客\n"

    def test_who_withdrew_loses_the_tag(self, tmp_path: Path) -> None:
        house = house_with(tmp_path, "wecom_tags")
        house.write()
        house.as_of = AS_OF.replace(month=7, day=1)
        house.said.append(("member_no=m1", "wecom", "", "withdrawn", "2026-06-30"))
        (entry,) = house.manifest()["exports"]
        assert (entry["exported"], entry["removed"], entry["excluded"]["withdrawn"]) == (1, 1, 1)

    def test_nothing_changed_is_no_file(self, tmp_path: Path) -> None:
        house = house_with(tmp_path, "wecom_tags")
        house.write()
        house.as_of = AS_OF.replace(month=7, day=1)
        (entry,) = house.manifest()["exports"]
        assert (entry["exported"], entry["files"]) == (2, [])


class TestDefinitions:
    OWN = "version: 1\ntitle: t\nchannels: [sms]\nfile: {kind: csv}\ncolumns:\n"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("- {header: a, value: phne, grammar: mobile}", "did you mean phone"),
            ("- {header: a, value: phone, grammar: '1.*'}", "begins with"),
            ("- {header: a, value: phone, grammar: '^(1$'}", "no regular expression"),
            ("- {header: a, value: phone, normaliser: md5, grammar: mobile}", "unknown normaliser"),
            ("- {header: a, value: email, grammar: email}", "no column holds a contact of sms"),
            ("- {value: phone, grammar: mobile}", "needs a header"),
            ("- {header: a, grammar: mobile}", "one of them"),
            ("- {header: a, value: phone_masked, grammar: mobile}", "no value of a cell"),
            ("- {header: a, value: phone, grammar: mobile, requird: true}", "did you mean required"),
        ],
    )
    def test_mistakes_are_told_with_the_file(self, text: str, message: str, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text(self.OWN + text, encoding="utf-8")
        with pytest.raises(SettingsError, match=message) as told:
            load_destinations(tmp_path)
        assert "destinations/mine.yaml" in str(told.value)

    def test_every_builtin_is_described(self) -> None:
        for destination in LIBRARY.destinations.values():
            assert destination.sources or destination.name in ("csv", "xlsx", "parquet")
            assert all("[seen" in line or "[unverified" in line for line in destination.sources), destination.name
            assert not set(destination.channels) & {"ads"} or destination.purposes == ("share_ads",)
