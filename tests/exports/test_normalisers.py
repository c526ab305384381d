"""Every destination gets the spelling it asks for, proven by hashes that were made by coreutils, not by us."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.exports.definition import load_destinations
from pipeline.exports.normalisers import NORMALISERS, hashed

LIBRARY = load_destinations(Path("nowhere"))


def said(rule: str, value: str | None) -> str | None:
    frame = pl.DataFrame({"v": [value]}, schema={"v": pl.String})
    return frame.select(NORMALISERS[rule](pl.col("v"))).item()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("mainland_mobile", "13812345678", "13812345678"),
        ("mainland_mobile", "+447700900123", None),
        ("e164_plus", "13812345678", "+8613812345678"),
        ("e164_plus", "+447700900123", "+447700900123"),
        ("e164_plus", "02161234567", None),  # a landline
        ("meta_phone", "13812345678", "8613812345678"),
        ("meta_phone", "+447700900123", "447700900123"),
        ("plain_email", " Ann@X.cn ", "ann@x.cn"),
        ("meta_email", "Ann@x.cn..", "ann@x.cn"),
        # examples of the Data Manager API page
        ("google_email", "cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("google_email", "user.name+NYC@Example.com", "user.name+nyc@example.com"),
        ("google_email", "a. b@GoogleMail.com", "ab@googlemail.com"),
        ("tiktok_email", "Ann.Lee+x@gmail.com", "ann.lee+x@gmail.com"),
        ("us_date", "2026-10-31", "10/31/2026"),
        ("as_text", "x", "x"),
    ],
)
def test_spelling(rule: str, value: str, expected: str | None) -> None:
    assert said(rule, value) == expected
    assert said(rule, None) is None


@pytest.mark.parametrize(
    ("destination", "value", "content", "expected"),
    [
        ("meta", "phone", "13812345678", "f32dd5bb1e1e0ce7de6509513f1147fe420b2e69122319cea71268990236ed95"),
        (
            "google_customer_match", "phone", "13812345678",
            "2ebdcb1bacf1ff0801da3dac97a864a1d35d3b3b7aa75c47bd4b220f9f04c4e2",
        ),
        ("tiktok", "phone", "13812345678", "2ebdcb1bacf1ff0801da3dac97a864a1d35d3b3b7aa75c47bd4b220f9f04c4e2"),
        ("tencent_ads", "phone", "13812345678", "4c0115d39ddea1eba5a7cdf8edfc18a9"),
        ("weixin_pay_brand", "phone", "13812345678", "4c0115d39ddea1eba5a7cdf8edfc18a9"),
        ("ocean_engine_md5", "phone", "13812345678", "4c0115d39ddea1eba5a7cdf8edfc18a9"),
        ("ocean_engine", "phone", "13812345678", "38aed9048140b0e437ea81461d9ea4524169f6795004da120bcf7d41894e4d15"),
        ("meta", "email", "Ann.Lee+shop@gmail.com", "df028a8df9b00b4d0fdb603e7b86fbef5dee55be619d3d180a7775b5f92c829d"),
        (
            "google_customer_match", "email", "Ann.Lee+shop@gmail.com",
            "16e202bdcd9646af11faa3a5a3b9c07a6303e9629583246f8208e43c529087de",
        ),
        (
            "tiktok", "email", "Ann.Lee+shop@gmail.com",
            "df028a8df9b00b4d0fdb603e7b86fbef5dee55be619d3d180a7775b5f92c829d",
        ),
    ],
)  # fmt: skip
def test_golden_hashes(destination: str, value: str, content: str, expected: str) -> None:
    (column,) = (column for column in LIBRARY.get(destination).columns if column.value == value)
    spelt = pl.Series([said(column.normaliser, content), None], dtype=pl.String)
    assert hashed(spelt, column.hash).to_list() == [expected, None]
