"""The rules of the stages as data: the test that SQL makes, the features it looks at, its cut, and the words for both.

What a test says exactly stands in `sql/scores/stage_tests.sql`; in which order tests win, in the settings. This list
is what tells a person about them: `lifecycle_rules`, the reasons of `stage_changes`, `score_story`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.complaint_settings import ComplaintSettings
from pipeline.lifecycle_settings import LifecycleProfile, LifecycleSettings

REACHED, FELL_BELOW = "reached", "fell below"
IS_BELOW, PASSED = "is below", "passed"
MET, NO_LONGER_MET = "met", "no longer met"
WITHIN, NO_LONGER_WITHIN = "is within", "is no longer within"


@dataclass(frozen=True)
class StageRule:
    """When a stage matches. `words_zh` and `words_en` take the names of settings in braces.

    `features` are columns of stage_features, `cuts` settings of `lifecycle` (with their section). `turns_true` and
    `turns_false` tell how a feature passed the cut.
    """

    profile: LifecycleProfile
    stage: str
    features: tuple[str, ...]
    cuts: tuple[str, ...]
    words_zh: str
    words_en: str
    turns_true: str = REACHED
    turns_false: str = FELL_BELOW

    @property
    def cut_text(self) -> str:
        """The cuts with the values of the settings in braces: `dormant_days {dormant_days}`."""
        return (" or " if self.turns_true == WITHIN else " and ").join(f"{cut} {{{cut}}}" for cut in self.cuts)

    @property
    def test(self) -> str:
        """The column of stage_tests."""
        return f"{self.profile}_{self.stage}"


RULES: tuple[StageRule, ...] = (
    StageRule(
        "guide", "churned", ("recency_days",), ("churned_days",),
        "最近一次购买距今至少 {churned_days} 天", "last purchase at least {churned_days} days ago",
    ),
    StageRule(
        "guide", "dormant", ("recency_days",), ("dormant_days",),
        "最近一次购买距今至少 {dormant_days} 天", "last purchase at least {dormant_days} days ago",
    ),
    StageRule(
        "guide", "new", ("known_days",), ("new_days",),
        "注册(无注册则首次购买)不满 {new_days} 天",
        "registered (or first bought, without a registration) fewer than {new_days} days ago",
        IS_BELOW, REACHED,
    ),
    StageRule(
        "guide", "mature", ("spend_window_count", "spend_variation"), ("mature_windows", "mature_variation"),
        "最近 {mature_windows} 个 {mature_window_days} 天内都有购买,消费额变异系数不超过 {mature_variation}",
        "a purchase in each of the last {mature_windows} windows of {mature_window_days} days whose spend varies by at"
        " most {mature_variation}",
        MET, NO_LONGER_MET,
    ),
    StageRule(
        "guide", "growing", ("growing_order_count",), ("growing_orders",),
        "最近 {growing_window_days} 天购买至少 {growing_orders} 次",
        "{growing_orders} or more purchases in the last {growing_window_days} days",
    ),
    StageRule(
        "active", "new", ("first_order_age_days",), ("active.new_days",),
        "首次购买不满 {active.new_days} 天", "first bought fewer than {active.new_days} days ago",
        IS_BELOW, REACHED,
    ),
    StageRule(
        "active", "dormant", ("recency_days",), ("active.dormant_days",),
        "最近一次购买距今至少 {active.dormant_days} 天", "last purchase at least {active.dormant_days} days ago",
    ),
    StageRule(
        "active", "churn_warning", ("warning_order_count", "earlier_order_count", "first_order_age_days"),
        ("active.warning_pace",),
        "最近 {active.warning_window_days} 天的购买频率不超过此前频率的 {active.warning_pace} 倍"
        "(此前至少购买 {active.warning_earlier_orders} 次)",
        "pace of the last {active.warning_window_days} days at most {active.warning_pace} of the pace before, with at"
        " least {active.warning_earlier_orders} earlier purchases",
        MET, NO_LONGER_MET,
    ),
    StageRule(
        "active", "active", ("active_order_count",), ("active.active_orders",),
        "最近 {active.active_window_days} 天购买至少 {active.active_orders} 次",
        "{active.active_orders} or more purchases in the last {active.active_window_days} days",
    ),
    StageRule(
        "funnel", "win_back", ("open_complaint_age_days", "open_return_age_days"),
        ("funnel.complaint_days", "funnel.return_days"),
        "{funnel.complaint_days} 天内有投诉或 {funnel.return_days} 天内有退货,此后没有再购买(挽回)",
        "a complaint in the last {funnel.complaint_days} days or a return in the last {funnel.return_days} days, and no"
        " purchase on a later day",
        WITHIN, NO_LONGER_WITHIN,
    ),
    StageRule(
        "funnel", "wake_up", ("recency_days",), ("funnel.wake_up_days",),
        "最近一次购买距今至少 {funnel.wake_up_days} 天(唤醒)", "last purchase at least {funnel.wake_up_days} days ago",
    ),
    StageRule(
        "funnel", "repeat", ("order_count",), ("funnel.repeat_orders",),
        "购买至少 {funnel.repeat_orders} 次(复购)", "{funnel.repeat_orders} or more purchases",
    ),
    StageRule(
        "funnel", "activated", ("activity_age_days",), ("funnel.activation_days",),
        "尚未购买,最近 {funnel.activation_days} 天有浏览、加购或点击(激活)",
        "never bought, but a visit, cart, click or answer in the last {funnel.activation_days} days",
        WITHIN, NO_LONGER_WITHIN,
    ),
    StageRule(
        "own_cycle", "dormant", ("recency_days", "cycle_days"), ("own_cycle.dormant_cycles",),
        "距上次购买超过自身购买周期的 {own_cycle.dormant_cycles} 倍(间隔少于 {own_cycle.min_gaps} 次者用全体周期)",
        "last purchase more than {own_cycle.dormant_cycles} of the customer's own cycles ago (the population's cycle"
        " with fewer than {own_cycle.min_gaps} gaps)",
        PASSED, WITHIN,
    ),
    StageRule(
        "own_cycle", "overdue", ("recency_days", "cycle_days"), ("own_cycle.overdue_cycles",),
        "距上次购买超过自身购买周期的 {own_cycle.overdue_cycles} 倍",
        "last purchase more than {own_cycle.overdue_cycles} of the customer's own cycles ago",
        PASSED, WITHIN,
    ),
)  # fmt: skip
REST: Mapping[str, tuple[str, str]] = {
    "regular": ("其他已购客户", "any other customer with a purchase"),
    "prospect": ("其他从未购买的客户", "any other customer without a purchase"),
    "converted": ("其他已购客户(转化)", "any other customer with a purchase"),
    "acquired": ("其他从未购买的客户(拉新)", "any other customer without a purchase"),
    "in_cycle": ("其他已购客户:仍在周期内", "any other customer with a purchase: within the cycle"),
}
"""Stages that take whoever no rule matches: Chinese, English."""
BY_TEST: Mapping[tuple[str, str], StageRule] = {(rule.profile, rule.stage): rule for rule in RULES}


@dataclass(frozen=True)
class OrderedRule:
    """One row of lifecycle_rules."""

    profile: str
    is_buyer: bool
    stage: str
    precedence: int
    rule_zh: str
    rule_en: str
    profile_version: str


def ordered_rules(lifecycle: LifecycleSettings, complaints: ComplaintSettings) -> Iterator[OrderedRule]:
    """The rules of the profiles that are on, in the order in which they win."""
    for profile in lifecycle.profiles:
        version = version_of(lifecycle, complaints, profile)
        for is_buyer, order in zip((True, False), lifecycle.orders(profile), strict=True):
            for precedence, stage in enumerate(order, start=1):
                zh, en = words(lifecycle, profile, stage)
                yield OrderedRule(profile, is_buyer, stage, precedence, zh, en, version)


def words(lifecycle: LifecycleSettings, profile: str, stage: str) -> tuple[str, str]:
    """The rule of a stage in Chinese and in English."""
    rule = BY_TEST.get((profile, stage))
    if rule is None:
        return REST[stage]
    return filled(rule.words_zh, lifecycle), filled(rule.words_en, lifecycle)


def filled(text: str, lifecycle: LifecycleSettings) -> str:
    """The text with the values of the settings it names."""
    sections: dict[str, Any] = {name: getattr(lifecycle, name) for name in type(lifecycle).model_fields}
    return text.format(**sections)


def version_of(lifecycle: LifecycleSettings, complaints: ComplaintSettings, profile: LifecycleProfile) -> str:
    """Hash of everything that decides a profile: its settings, and for the funnel what a complaint is."""
    if profile == "guide":
        content = lifecycle.model_dump_json(exclude={"profiles", "own_profiles", "active", "funnel", "own_cycle"})
    else:
        content = getattr(lifecycle, profile).model_dump_json()
    if profile == "funnel":
        content += complaints.model_dump_json()
    return hashlib.sha256(f"{profile}|{content}".encode()).hexdigest()[:12]
