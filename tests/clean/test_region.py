"""Provinces and cities in one spelling."""

import polars as pl
import pytest

from pipeline.clean.region import address_parts, short_cities


@pytest.mark.parametrize(
    ("written", "city"),
    [
        ("上海市", "上海"),
        ("上海", "上海"),
        ("杭州市", "杭州"),
        ("延边朝鲜族自治州", "延边朝鲜族自治州"),
        ("沙市", "沙市"),
        ("London", "London"),
        (None, None),
    ],
)
def test_cities(written: str | None, city: str | None) -> None:
    assert short_cities(pl.Series([written], dtype=pl.String)).to_list() == [city]


def test_a_city_of_an_address_is_spelt_like_any_other() -> None:
    parts = address_parts(pl.Series(["浙江省杭州市西湖区文三路1号", "上海市浦东新区"]))
    assert parts["city"].to_list() == ["杭州", "上海"]
