"""What the scores of one customer are made of: values, cut points, rules in words, versions. Reads, never computes.

Everything is taken from the tables of a snapshot, so the story is that of the night, whatever the settings are now.
Tiers, forecasts, tags and segments have theirs in `pipeline.segments.explain`. How the story is printed belongs to the
command line; why profiles are one person, to `pipeline.identity`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from pipeline.lake import Table
from pipeline.lifecycle_settings import BUILT_IN_PROFILES
from pipeline.score_settings import DEFAULT_PROFILE
from pipeline.scores.own_profiles import features_named
from pipeline.scores.stage_rules import BY_TEST

READS = (
    "response_rates", "rfm_profile_scores", "rfm_scores", "rfm_cut_points", "rfm_profiles", "rfm_groups",
    "rfm_group_cells", "lifecycle_stages", "lifecycle_rules", "stage_features", "score_rules",
)  # fmt: skip
"""Tables of the snapshot that the story needs."""
LETTERS: Mapping[str, tuple[str, str, str]] = {
    "r": ("recency_days", "距上次购买天数", "days since the last purchase"),
    "f": ("frequency", "购买次数", "purchases"),
    "m": ("monetary_amount", "消费金额", "money"),
    "c": ("response_rate", "响应率", "response rate"),
}
METHODS: Mapping[str, tuple[str, str]] = {
    "quantile": (
        "得分 = 1 + ⌊{levels} × 严格更差客户的占比⌋",
        "score = 1 + floor({levels} × share of customers whose value is strictly worse)",
    ),
    "fixed": ("按固定切点打分", "score by the fixed cut points"),
    "mean": ("优于平均值得 5 分,否则 1 分", "5 if strictly better than the mean, else 1"),
}
CLASSES = ("rfm_class", "rfrc_class")
ANSWERS = ("response_count", "delivered_count")


@dataclass(frozen=True)
class Cut:
    """Which values have a score (or: where the rule of a stage cuts). `best_value` = `worst_value` for one value."""

    result: str
    worst_value: Decimal | None
    best_value: Decimal | None
    customer_count: int | None


@dataclass(frozen=True)
class Explanation:
    """One score of one customer: what it is, what went in, where the cuts lie, and the rule with its version.

    `inputs` are values by the names of their columns; `matched` all stages whose rule holds, the given one first.
    """

    name: str
    profile: str
    result: str
    inputs: Mapping[str, Any]
    cuts: tuple[Cut, ...]
    matched: tuple[str, ...]
    rule_zh: str
    rule_en: str
    rule_version: str


@dataclass(frozen=True)
class ScoreStory:
    """Everything the scores say of one customer; without explanations the customer is not known to the snapshot."""

    customer_id: str
    explanations: tuple[Explanation, ...]


def score_story(customer_id: str, tables: Mapping[str, Table]) -> ScoreStory:
    """The story of one customer. `tables` are those of READS by name; of large ones only the customer's rows are read.

    Scores come first (a customer without a purchase has none), then classes, groups and stages.
    """
    rows = {name: rows_of(tables[name], customer_id) for name in READS}
    told = (*_scores(rows), *_classes(rows), *_groups(rows), *_stages(rows))
    return ScoreStory(customer_id, told)


Rows = Mapping[str, list[dict[str, Any]]]


def rows_of(table: Table, customer_id: str) -> list[dict[str, Any]]:
    """The rows of the customer; all of a table that is of no customer."""
    frame = table.scan()
    if "customer_id" in frame.collect_schema():
        frame = frame.filter(pl.col("customer_id") == customer_id)
    return frame.collect().rows(named=True)


def _scores(rows: Rows) -> Iterator[Explanation]:
    profiles = {row["rfm_profile"]: row for row in rows["rfm_profiles"]}
    for row in rows["rfm_profile_scores"]:
        profile = profiles[row["rfm_profile"]]
        rule_zh, rule_en = _method(profile)
        for letter, (column, zh, en) in LETTERS.items():
            score = row[f"{letter}_score"]
            yield Explanation(
                name=f"{letter}_score",
                profile=row["rfm_profile"],
                result="none" if score is None else str(score),
                inputs={column: row[column]} | (_answers(rows) if letter == "c" else {}),
                cuts=tuple(_cuts(rows, row["rfm_profile"], letter)),
                matched=(),
                rule_zh=f"{zh}:{rule_zh}",
                rule_en=f"{en}: {rule_en}",
                rule_version=profile["profile_version"],
            )


def _answers(rows: Rows) -> dict[str, Any]:
    """What the response rate was shrunk from; nothing of the never contacted."""
    return next(({name: row[name] for name in ANSWERS} for row in rows["response_rates"]), {})


def _method(profile: Mapping[str, Any]) -> tuple[str, str]:
    """How the profile scores, in Chinese and in English."""
    zh, en = (text.format(levels=profile["rfm_levels"]) for text in METHODS[profile["rfm_method"]])
    days = profile["rfm_window_days"]
    return (zh, en) if days is None else (f"{zh}(最近 {days} 天)", f"{en} (last {days} days)")


def _cuts(rows: Rows, profile: str, letter: str) -> Iterator[Cut]:
    for row in rows["rfm_cut_points"]:
        if (row["rfm_profile"], row["rfm_letter"]) == (profile, letter):
            yield Cut(str(row["rfm_score"]), row["worst_value"], row["best_value"], row["scored_customer_count"])


def _classes(rows: Rows) -> Iterator[Explanation]:
    rules = {row["score"]: row for row in rows["score_rules"]}
    version = next((row["profile_version"] for row in rows["rfm_profiles"] if _is_default(row)), "")
    for row in rows["rfm_scores"]:
        inputs = {f"{letter}_score": row[f"{letter}_score"] for letter in LETTERS}
        for name in CLASSES:
            zh, en = rules[name]["rule_zh"], rules[name]["rule_en"]
            yield Explanation(name, DEFAULT_PROFILE, row[name], inputs, (), (), zh, en, version)


def _is_default(row: Mapping[str, Any]) -> bool:
    return bool(row["rfm_profile"] == DEFAULT_PROFILE)


def _groups(rows: Rows) -> Iterator[Explanation]:
    profile_of = {row["rfm_grouping"]: row["rfm_profile"] for row in rows["rfm_group_cells"]}
    versions = {row["rfm_profile"]: row["profile_version"] for row in rows["rfm_profiles"]}
    scores = {row["rfm_profile"]: row for row in rows["rfm_profile_scores"]}
    for row in rows["rfm_groups"]:
        profile = profile_of[row["rfm_grouping"]]
        known = scores.get(profile, {})
        yield Explanation(
            name="rfm_group",
            profile=row["rfm_grouping"],
            result=row["rfm_group"],
            inputs={f"{letter}_score": known.get(f"{letter}_score") for letter in "rfm"},
            cuts=(),
            matched=(),
            rule_zh=f"由 RFM 方案 {profile} 的 R、F、M 得分查表 rfm_group_cells",
            rule_en=f"rfm_group_cells at the R, F and M scores of the RFM profile {profile}",
            rule_version=versions[profile],
        )


def _stages(rows: Rows) -> Iterator[Explanation]:
    features = next(iter(rows["stage_features"]), {})
    is_buyer = bool(features.get("order_count"))
    rules = {(row["profile"], row["stage"]): row for row in rows["lifecycle_rules"] if row["is_buyer"] == is_buyer}
    for row in rows["lifecycle_stages"]:
        profile, stage = row["profile"], row["stage"]
        rule = rules[profile, stage]
        named = _features_of(profile, stage, rules)
        yield Explanation(
            name="stage",
            profile=profile,
            result=stage,
            inputs={"since_on": row["since_on"], **{feature: features.get(feature) for feature in named}},
            cuts=(),
            matched=tuple(row["matched_stages"].split(",")),
            rule_zh=rule["rule_zh"],
            rule_en=rule["rule_en"],
            rule_version=rule["profile_version"],
        )


def _features_of(profile: str, stage: str, rules: Mapping[tuple[str, str], Mapping[str, Any]]) -> Sequence[str]:
    """What the rule of the stage looks at; where none of the profile's rules held, everything that they look at."""
    if (profile, stage) in BY_TEST:
        return BY_TEST[profile, stage].features
    if profile in BUILT_IN_PROFILES:
        return sorted({name for (each, _), rule in BY_TEST.items() if each == profile for name in rule.features})
    return features_named([rules[profile, stage]["rule_en"]]) or features_named(
        rule["rule_en"] for (each, _), rule in rules.items() if each == profile
    )
