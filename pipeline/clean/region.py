"""Provinces, cities and districts in one spelling, and read out of an address, which itself is not kept.

Only the administrative names are taken; street and house stay behind.
"""

import polars as pl

from pipeline.clean.text import one_line

PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西",
    "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古",
    "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
)  # fmt: skip
ENDING = r"(?:维吾尔自治区|壮族自治区|回族自治区|自治区|特别行政区|省|市)?"
_ANY_PROVINCE = "|".join(PROVINCES)
PROVINCE = rf"^({_ANY_PROVINCE}){ENDING}$"
CITY = r"^([\p{Han}]{2,})市$"
MUNICIPALITY = r"^(?:北京|上海|天津|重庆)$"
_COUNTRY = r"^(?:中国|中华人民共和国)?\s*"
_CITY = r"[\p{Han}]{1,9}?(?:自治州|地区|盟|市)"
_DISTRICT = r"[\p{Han}]{1,9}?(?:自治县|自治旗|区|县|旗|市)"
ADDRESS = (
    rf"{_COUNTRY}(?P<province>{_ANY_PROVINCE}){ENDING}[\s,，]*"
    rf"(?P<city>{_CITY})?[\s,，]*(?P<district>{_DISTRICT})?"
)


def short_provinces(values: pl.Series) -> pl.Series:
    """`浙江省` and `浙江` as 浙江, `内蒙古自治区` as 内蒙古; provinces of other countries as they are."""
    frame = one_line(values).to_frame("text")
    return frame.select(pl.coalesce(pl.col("text").str.extract(PROVINCE), "text"))["text"]


def short_cities(values: pl.Series) -> pl.Series:
    """`上海市` and `上海` as 上海; prefectures (自治州, 地区, 盟) and foreign cities as they are."""
    frame = one_line(values).to_frame("text")
    return frame.select(pl.coalesce(pl.col("text").str.extract(CITY), "text"))["text"]


def address_parts(addresses: pl.Series) -> pl.DataFrame:
    """province, city and district at the beginning of each address, null where it names none.

    The cities 北京, 上海, 天津 and 重庆 are their own province.
    """
    parts = one_line(addresses).to_frame("a").select(pl.col("a").str.extract_groups(ADDRESS)).unnest("a")
    is_municipality = pl.col("province").str.contains(MUNICIPALITY)
    named = parts.with_columns(city=pl.coalesce("city", pl.when(is_municipality).then("province")))
    return named.with_columns(short_cities(named["city"]).alias("city"))
