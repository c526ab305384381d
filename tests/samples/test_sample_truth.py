"""The sample's truth, checked against what stands in its files and read by the night's own normalisers."""

import gzip
import io
from pathlib import Path

import polars as pl
import pytest

from pipeline.clean.ids import buyer_keys, member_numbers
from pipeline.clean.keys import with_profile_key
from pipeline.clean.phone import normalized_phones
from pipeline.clean.text import cleaned
from pipeline.samples.write import sample_key, write_sample

SECRET = sample_key(11)
READERS = {"phone": normalized_phones, "member_no": member_numbers}
SOURCES = [
    ("pos", "pos/*", "gb18030", {"会员卡号": "member_no", "手机号": "phone"}),
    ("tmall", "tmall/ExportOrderList*.csv", "gb18030", {"买家会员名": "platform_user_id"}),
    ("jd", "jd/*.csv", "gb18030", {"下单帐号": "platform_user_id"}),
    ("pinduoduo", "pinduoduo/*.csv", "utf-8-sig", {"用户购买手机号": "phone"}),
    ("weixin_shop", "weixin_shop/*.xlsx", "", {"企业微信加密id": "external_userid"}),
    ("club", "members/*.xlsx", "", {"会员卡号": "member_no", "unionid": "unionid", "手机号": "phone", "邮箱": "email"}),
    ("contacts", "contacts/*.csv", "utf-8", {"member_no": "member_no"}),
    ("consents", "consents/*.csv", "utf-8", {"member_no": "member_no", "phone": "phone"}),
    ("tickets", "tickets/*.csv", "utf-8", {"member_no": "member_no", "phone": "phone"}),
    ("points", "points/*.csv", "utf-8", {"member_no": "member_no"}),
    (
        "events",
        "events/*.csv",
        "utf-8",
        {"member_no": "member_no", "unionid": "unionid", "external_userid": "external_userid"},
    ),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_sample(folder, customers=700, seed=11, days=150)
    return folder


def read(path: Path, encoding: str) -> pl.DataFrame:
    if path.suffix == ".xlsx":
        return pl.read_excel(path, infer_schema_length=0)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return pl.read_csv(io.BytesIO(content.decode(encoding).encode()), infer_schema=False)


def profile_keys(root: Path, pattern: str, encoding: str, keys: dict[str, str]) -> set[str]:
    found: set[str] = set()
    for path in sorted((root / "landing").glob(pattern)):
        rows = read(path, encoding)
        frame = pl.DataFrame(
            {key: READERS.get(key, buyer_keys)(cleaned(rows[header].cast(pl.String))) for header, key in keys.items()}
        )
        found |= set(with_profile_key(frame, SECRET)["profile_key"].drop_nulls())
    return found


@pytest.mark.parametrize(("source", "pattern", "encoding", "keys"), SOURCES, ids=[row[0] for row in SOURCES])
def test_truth_names_exactly_the_profiles_that_the_files_show(root, source, pattern, encoding, keys):
    told = pl.read_csv(root / "truth/persons.csv", infer_schema=False).filter(pl.col("source") == source)
    assert set(told["profile_key"]) == profile_keys(root, pattern, encoding, keys)


def test_a_profile_is_one_person(root):
    told = pl.read_csv(root / "truth/persons.csv", infer_schema=False)
    assert told.group_by("source", "profile_key").len()["len"].max() == 1
    assert set(told["source"]) == {row[0] for row in SOURCES}


def test_no_phone_email_or_nickname_stands_in_the_truth(root):
    told = pl.read_csv(root / "truth/persons.csv", infer_schema=False)
    private = told.filter(pl.col("source").is_in(["jd", "tmall", "pinduoduo"]))["profile_key"]
    assert private.str.contains(r"^[0-9a-f]{32}$").all()


def test_till_orders_of_the_truth_are_named_by_ticket_store_and_day(root):
    orders = pl.read_csv(root / "truth/order_persons.csv", infer_schema=False)
    tills = orders.filter(pl.col("source") == "pos")
    parts = []
    for path in sorted((root / "landing/pos").iterdir()):
        rows = read(path, "gb18030").filter(pl.col("门店编号").str.starts_with("S"))
        numbers = pl.col("消费时间").str.extract_all(r"\d+")
        stamp = pl.concat_str(numbers.list.get(0), numbers.list.get(1).str.zfill(2), numbers.list.get(2).str.zfill(2))
        parts.append(rows.select(pl.concat_str("小票号", "门店编号", stamp, separator="@").alias("order_id")))
    assert set(tills["order_id"]) == set(pl.concat(parts)["order_id"])
    assert tills["order_id"].is_unique().all()


def test_marketplace_orders_are_all_known_but_those_that_nobody_placed(root):
    orders = pl.read_csv(root / "truth/order_persons.csv", infer_schema=False)
    assert orders.group_by("source", "order_id").len()["len"].max() == 1
    jd = pl.concat(read(path, "gb18030") for path in sorted((root / "landing/jd").iterdir()))
    assert set(jd["订单号"]) == set(orders.filter(pl.col("source") == "jd")["order_id"])
    lists = [read(path, "gb18030") for path in sorted((root / "landing/tmall").glob("ExportOrderList*"))]
    old = pl.concat(lists, how="diagonal")
    numbers = old.with_columns(order_id=cleaned(old["订单编号"]))
    known = numbers["order_id"].is_in(orders.filter(pl.col("source") == "tmall")["order_id"].to_list())
    assert (known == ~numbers["订单备注"].fill_null("").str.starts_with("G-")).all()


def test_placeholder_clerk_and_odd_phones_are_told_as_traps(root):
    traps = pl.read_csv(root / "truth/traps.csv", infer_schema=False)
    assert {"shared_phone", "changed_phone", "name_typo", "reissued_card"} <= set(traps["trap"])
    assert traps.is_unique().all()
