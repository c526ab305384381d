"""One key means the same person to every command, and whoever it does not prove to be theirs is not erased by it."""

from pathlib import Path

import polars as pl
import pytest
from retailer import SECRET, Retailer

from pipeline.identity.whose_key import customers_of
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

MEMBER = {"source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "email": "zhang@example.cn"}
ORDER = {"source": "jd", "kind": "order", "member_no": "M1"}


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path).run([MEMBER, ORDER])


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
    "key", ["M1", "13800001001", "+86 138-0000-1001", "zhang@example.cn", "ZHANG@Example.cn ", "T1", "jd:T1"]
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
