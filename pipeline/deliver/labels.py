"""What columns and closed values are called on lists and reports, in the language of the settings.

English values are the words of the contracts themselves. What a word means is said by docs/glossary.md.
"""

from collections.abc import Mapping

import polars as pl

CHINESE = "zh-CN"

HEADERS: Mapping[str, tuple[str, str]] = {
    "customer_id": ("客户编号", "Customer id"),
    "name_masked": ("姓名(脱敏)", "Name (masked)"),
    "phone_masked": ("手机(脱敏)", "Phone (masked)"),
    "email_masked": ("邮箱(脱敏)", "E-mail (masked)"),
    "gender": ("性别", "Gender"),
    "age_band": ("年龄段", "Age band"),
    "province": ("省份", "Province"),
    "city": ("城市", "City"),
    "is_member": ("会员", "Member"),
    "home_store_id": ("所属门店", "Home store"),
    "preferred_channel": ("常用渠道", "Preferred channel"),
    "lifecycle_stage": ("生命周期阶段", "Lifecycle stage"),
    "rfm_class": ("RFM 分类", "RFM class"),
    "rfrc_class": ("RFRC 分类", "RFRC class"),
    "recency_days": ("距上次购买天数", "Days since last purchase"),
    "last_order_on": ("最近购买日", "Last purchase"),
    "order_count": ("购买次数", "Purchases"),
    "net_amount": ("净消费额", "Net spend"),
    "entered_on": ("进入分群日", "In segment since"),
    "as_of": ("数据截至", "Data as of"),
    "stale_sources": ("缺失或滞后的数据源", "Missing or stale sources"),
}
"""Header of each column a list may show: Chinese, English."""

_CHINESE_VALUES: Mapping[str, Mapping[str, str]] = {
    "gender": {"female": "女", "male": "男"},
    "is_member": {"true": "是", "false": "否"},
    "preferred_channel": {
        "pos": "门店",
        "tmall": "天猫",
        "jd": "京东",
        "pinduoduo": "拼多多",
        "douyin": "抖音",
        "weixin_shop": "微信小店",
        "web": "官网",
    },
    "lifecycle_stage": {
        "new": "新客",
        "growing": "成长",
        "mature": "成熟",
        "regular": "常规",
        "dormant": "沉睡",
        "churned": "流失",
        "prospect": "潜客",
        "churn_warning": "流失预警",
        "active": "活跃",
    },
    "rfm_class": {
        "important_value": "重要价值",
        "important_develop": "重要发展",
        "important_keep": "重要保持",
        "important_win_back": "重要挽留",
        "general_value": "一般价值",
        "general_develop": "一般发展",
        "general_keep": "一般保持",
        "general_win_back": "一般挽留",
    },
    "rfrc_class": {
        "loyal_high_value": "高价值忠诚",
        "at_risk": "流失预警",
        "low_value": "低价值",
        "potential": "潜力培养",
    },
}
_ENGLISH_VALUES: Mapping[str, Mapping[str, str]] = {"is_member": {"true": "yes", "false": "no"}}


def header_of(column: str, locale: str) -> str:
    """What a column is called."""
    chinese, english = HEADERS[column]
    return chinese if locale == CHINESE else english


def worded(column: str, locale: str) -> pl.Expr:
    """A column with its closed values in words; a value without a word stays as it is."""
    words = (_CHINESE_VALUES if locale == CHINESE else _ENGLISH_VALUES).get(column)
    if words is None:
        return pl.col(column)
    return pl.col(column).cast(pl.String).replace(words).alias(column)
