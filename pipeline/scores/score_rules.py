"""The rules of scores in words, thresholds filled in: what a class, a tier, points and each forecast are made of.

What a rule says exactly stands in `sql` and `models`; here is what people are told about it, and the version that
changes whenever a setting behind it does. Rules of lifecycle stages are in `stage_rules`, conditions of tags and
segments in their libraries.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.lake import Table, write_table
from pipeline.membership_settings import TierSettings
from pipeline.schemas.catalog import TABLES
from pipeline.setting_types import Section
from pipeline.settings import Settings


@dataclass(frozen=True)
class ScoreRule:
    """One score: its rule in words that name settings in braces, and the sections of the settings behind it.

    Raise `revision` when the rule changes its meaning although no setting does.
    """

    score: str
    sections: tuple[str, ...]
    words_zh: str
    words_en: str
    revision: int = 1


RULES: tuple[ScoreRule, ...] = (
    ScoreRule(
        "rfm_class", ("rfm",),
        "R、F、M 得分不低于 {rfm.high_score} 为高,三者高低组合成 8 类",
        "R, F and M are high from {rfm.high_score} on; the three make 8 classes",
    ),
    ScoreRule(
        "rfrc_class", ("rfm",),
        "R、F、M 均不低于 {rfm.high_score}:高价值忠诚;R 不高于 {rfm.low_score} 且 F 或 M 不低于 {rfm.middle_score}:"
        "流失预警;F、M 均不高于 {rfm.low_score} 且 R 或 C 不高于 {rfm.low_score}:低价值;其余:潜力培养",
        "R, F, M from {rfm.high_score} on: loyal_high_value; R up to {rfm.low_score} and F or M from {rfm.middle_score}"
        " on: at_risk; F and M up to {rfm.low_score} and R or C up to {rfm.low_score}: low_value; all others:"
        " potential",
    ),
    ScoreRule(
        "response_rate", (),
        "(有响应的消息数 + a)÷(送达数 + a + b),a、b 为按全体受访客户拟合的 Beta 先验;不含对照组",
        "(answered + a) ÷ (delivered + a + b), with a and b of the beta prior fitted to all who were contacted; control"
        " contacts do not count",
    ),
    ScoreRule(
        "tier", ("tiers",),
        "按{year_zh}全渠道净消费:{ladder};{keep_zh}",
        "by the net spend of {year_en} in all channels: {ladder}; {keep_en}",
    ),
    ScoreRule(
        "points", ("points",),
        "每单 ⌊净额⌋ × {points.points_per_unit} 积分,退款扣回;余额取会员系统上报值,无上报取台账;"
        "每分价值 {points.value_amount}",
        "floor(net amount) × {points.points_per_unit} points per order, taken back with refunds; the balance is the"
        " reported one, else that of the ledger; a point is worth {points.value_amount}",
    ),
    ScoreRule(
        "next_order", ("cycles",),
        "最近购买日 + 周期 × 件数;该品类有 {cycles.own_purchases} 个及以上购买日取客户自身间隔的中位数,"
        "否则取品类周期(Kaplan–Meier);提前 {cycles.due_ahead_days} 天至逾期 {cycles.overdue_days} 天为到期",
        "last day of purchase + cycle × pieces; the cycle is the median of the customer's own gaps from"
        " {cycles.own_purchases} days of purchase on, else that of the category (Kaplan-Meier); due from"
        " {cycles.due_ahead_days} days before to {cycles.overdue_days} days after",
    ),
    ScoreRule(
        "churn_probability", ("churn", "predictions"),
        "最近一次购买不足 {churn.population_days} 天的客户在未来 {churn.horizon_days} 天内不再购买的概率;"
        "不低于 {churn.high_risk} 为高风险,不低于 {churn.medium_risk} 为中风险",
        "probability of no purchase in the next {churn.horizon_days} days, for who bought less than"
        " {churn.population_days} days ago; high from {churn.high_risk} on, medium from {churn.medium_risk} on",
    ),
    ScoreRule(
        "lifetime_value", ("ltv", "predictions"),
        "未来 {ltv.horizon_months} 个月的预期净额和毛利;终身价值按 {ltv.lifetime_years} 年、"
        "年折现率 {ltv.yearly_discount_rate} 折现",
        "net amount and margin expected in the next {ltv.horizon_months} months; the lifetime value adds up"
        " {ltv.lifetime_years} years, discounted by {ltv.yearly_discount_rate} a year",
    ),
    ScoreRule(
        "preferred_channel", ("contacts",),
        "送达不少于 {contacts.min_delivered} 条且响应不少于 {contacts.min_responses} 条的渠道中响应率最高者;"
        "没有则取购买次数最多的渠道",
        "the best answered of the channels with at least {contacts.min_delivered} messages and {contacts.min_responses}"
        " answers; else the channel of most purchases",
    ),
)  # fmt: skip
YEARS = {
    "rolling_year": ("近 12 个月", "the last 12 months"),
    "calendar_year": ("本自然年", "the calendar year"),
}


def score_rules(*, settings: Settings, path: Path) -> Table:
    """One row per score: its rule in words, and its version."""
    spec = TABLES["score_rules"]
    return write_table(
        spec, pl.DataFrame(list(rules_in_words(settings)), schema=spec.polars_schema, orient="row"), path
    )


def rules_in_words(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """Score, rule in Chinese, rule in English, version."""
    names = {name: getattr(settings, name) for name in type(settings).model_fields} | _tier_words(settings.tiers)
    for rule in RULES:
        sections: list[Section] = [getattr(settings, name) for name in rule.sections]
        yield rule.score, rule.words_zh.format(**names), rule.words_en.format(**names), _version(rule, sections)


def _tier_words(tiers: TierSettings) -> dict[str, str]:
    year_zh, year_en = YEARS[tiers.period]
    months = tiers.keep_months
    return {
        "year_zh": year_zh,
        "year_en": year_en,
        "ladder": ", ".join(f"{rung.name} ≥ {rung.from_amount:f}" for rung in tiers.rungs),
        "keep_zh": f"达到后保留 {months} 个月" if months else "随消费升降",
        "keep_en": f"kept for {months} months once reached" if months else "it goes with the spend",
    }


def _version(rule: ScoreRule, sections: list[Section]) -> str:
    text = "|".join(section.model_dump_json() for section in sections)
    return f"{rule.revision}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
