"""One key means the same person to every command, and whoever it does not prove to be theirs is not erased by it."""

from pathlib import Path

import polars as pl
import pytest
from retailer import SECRET, Retailer

from pipeline.identity.whose_key import customers_of, meant_by, shown_key
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "email": "zhang@example.cn"}
ORDER = {"source": "jd", "kind": "order", "member_no": "M1"}


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path).run([MEMBER, ORDER])


def table_as_kept(shop: Retailer, name: str, source: str | None = None) -> Table:
    """A table of the last night; one order, of a source that may tell nothing else of its buyer."""
    rows = shop.tables[name].read() if name in shop.tables else order(shop).with_columns(source=pl.lit(source))
    return write_table(TABLES[name], rows, shop.folder / "read" / f"{name}.parquet")


@pytest.mark.parametrize(
    ("key", "source", "named"),
    [
        ("M1", "jd", ["club", "jd"]),
        ("club:M1", "jd", ["club"]),
        ("jd:T1", "jd", ["jd"]),
        ("T1", "jd", ["jd"]),
        ("T1", "a till", ["club", "jd"]),
        ("13800001001", "jd", ["club"]),
        ("nobody", "jd", []),
    ],
    ids=["a card's profiles", "one of them", "an order's", "an order's id", "no profile there", "carriers", "nobody's"],
)
def test_a_key_names_profiles(key: str, source: str, named: list[str], shop: Retailer) -> None:
    found = meant_by(key, lambda name: table_as_kept(shop, name, source), SECRET)
    assert found.profiles["source"].to_list() == named
    assert found.former_ids == ()


def meant(shop: Retailer, key: str, *, is_trusted: bool = True, trusted_only: bool = True) -> set[str]:
    """Whom a key means where every key of the night is trusted, or none is."""

    def table_of(name: str) -> Table:
        rows = shop.tables[name].read() if name in shop.tables else order(shop)
        if name == "profile_keys":
            rows = rows.with_columns(is_trusted=pl.lit(is_trusted))
        return write_table(TABLES[name], rows, shop.folder / "read" / f"{name}.parquet")

    return customers_of(key, table_of, SECRET, trusted_only=trusted_only)


def order(shop: Retailer) -> pl.DataFrame:
    row = dict.fromkeys(TABLES["orders"].names)
    row |= {"order_id": "T1", "order_key": "jd:T1", "customer_id": shop.customer_of(ORDER)}
    return pl.DataFrame([row], schema=TABLES["orders"].polars_schema)


@pytest.mark.parametrize(
    "key",
    [
        "M1",
        "Ｍ１",
        "13800001001",
        "+86 138-0000-1001",
        "zhang@example.cn",
        "ZHANG@Example.cn ",
        "T1",
        "jd:T1",
        "club:M1",
    ],
)
def test_every_spelling_of_every_key(key: str, shop: Retailer) -> None:
    assert meant(shop, key) == {shop.customer_of(MEMBER)}


def test_the_id_and_nobody(shop: Retailer) -> None:
    assert meant(shop, shop.customer_of(MEMBER)) == {shop.customer_of(MEMBER)}
    assert meant(shop, "13900009999") == set()


def test_a_phone_that_does_not_tell_its_owner_explains_and_never_erases(shop: Retailer) -> None:
    assert meant(shop, "13800001001", is_trusted=False, trusted_only=False) == {shop.customer_of(MEMBER)}
    assert meant(shop, "13800001001", is_trusted=False) == set()
    assert meant(shop, "M1", is_trusted=False) == {shop.customer_of(MEMBER)}


def test_one_id_of_an_order_and_of_a_profile_means_both(shop: Retailer) -> None:
    other = shop.run([MEMBER, ORDER, {"source": "jd", "kind": "order", "member_no": "T1"}])
    assert len(meant(other, "jd:T1")) == 2


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("13800001001", "138****1001"),
        ("+86 138-0000-1001", "+86 1****1001"),
        ("021-6123 4567", "021****4567"),
        ("zhang.wei@example.cn", "z***@example.cn"),
        ("tmall:13800001001", "tmall:138****1001"),
        ("购物达人2008", "购物***08"),
        ("张三", "张***"),
        ("310101199001011234", "31***34"),  # as long as an identity card
        ("0002@S003@20260818", "00***18"),
        ("jd:290000032412", "jd:290****2412"),
        ("M1", "M***"),
        ("1024", "1024"),
        ("CKWSCLFZVBHCJGR2D", "CKWSCLFZVBHCJGR2D"),
        ("tmall:0123456789abcdef0123456789abcdef", "tmall:0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_was_typed_is_shown_and_nothing_of_a_person(key: str, shown: str) -> None:
    assert shown_key(key) == shown
