"""Lifecycle profiles of the retailer's own: their conditions, read and written anew like those of segments.

A condition sees one row of `stage_features` and the rules of the built-in profiles (`guide_new`, `guide_mature` …).
In which order stages win, and what the queries look like, belongs to `pipeline.scores.stage_statements`.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.complaint_settings import ComplaintSettings
from pipeline.errors import SettingsError
from pipeline.lifecycle_settings import LifecycleProfile, LifecycleSettings
from pipeline.own_stage_settings import OwnProfileSettings, OwnStageSettings
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import TRUTH, ColumnSpec
from pipeline.scores.stage_rules import RULES, OrderedRule, version_of
from pipeline.segments.conditions import TONIGHT, Condition, Vocabulary, compiled

FEATURES = "stage_features"
NO_MEASURES = frozenset({"customer_id", "window_spend_fen", "window_spend_squares"})
MEASURES = tuple(name for name in TABLES[FEATURES].names if name not in NO_MEASURES)
TESTS = tuple(rule.test for rule in RULES)
FEATURES_OF: Mapping[str, tuple[str, ...]] = {rule.test: rule.features for rule in RULES}
SETTINGS_BEHIND: Mapping[str, LifecycleProfile] = {
    **{rule.test: rule.profile for rule in RULES},
    **dict.fromkeys(("growing_order_count", "spend_window_count", "spend_variation"), "guide"),
    **dict.fromkeys(("active_order_count", "warning_order_count", "earlier_order_count"), "active"),
    "open_complaint_age_days": "funnel",
    "cycle_days": "own_cycle",
}
"""Measures that depend on settings, and the profile to which these belong."""
OTHERS = {True: ("其他已购客户", "any other customer with a purchase"),
          False: ("其他从未购买的客户", "any other customer without a purchase")}  # fmt: skip
WORD = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class OwnRule:
    """One stage of an own profile; `condition` is safe to run over FEATURES beside the tests of built-in rules."""

    profile: str
    is_buyer: bool
    stage: str
    label: str
    where: str
    condition: Condition

    @property
    def test(self) -> str:
        """The column of own_tests; names hold no dot, so no two rules share one."""
        return f'"{self.profile}.{"buyer" if self.is_buyer else "prospect"}.{self.stage}"'

    @property
    def words(self) -> tuple[str, str]:
        """The rule in Chinese and in English: the condition itself, after the label that people know it by."""
        return (f"{self.label}:{self.where}", f"{self.label}: {self.where}") if self.label else (self.where,) * 2


def own_rules(lifecycle: LifecycleSettings) -> tuple[OwnRule, ...]:
    """The rules of all own profiles, in their orders. Raises SettingsError naming stage and profile."""
    measures = {column.name: column for column in TABLES[FEATURES].columns if column.name in MEASURES}
    tests = {rule.test: ColumnSpec(rule.test, TRUTH, rule.words_en) for rule in RULES}
    vocabulary = Vocabulary(FEATURES, {**measures, **tests})
    return tuple(
        _rule(profile, stage, vocabulary, is_buyer=is_buyer)
        for profile in lifecycle.own_profiles
        for is_buyer in (True, False)
        for stage in profile.stages(is_buyer=is_buyer)
    )


def _rule(profile: OwnProfileSettings, stage: OwnStageSettings, vocabulary: Vocabulary, *, is_buyer: bool) -> OwnRule:
    name, where = f"{stage.stage} of {profile.name}", " ".join(stage.where.split())
    condition = compiled(where, name, vocabulary, kind="lifecycle stage")
    if TONIGHT in condition.columns:
        raise SettingsError(
            f"names {TONIGHT}; a stage looks at ages and counts",
            where=f"lifecycle stage {name}",
            remedy="Write recency_days >= 60, recency_months >= 2, or this_month_order_count >= 1.",
        )
    return OwnRule(profile.name, is_buyer, stage.stage, stage.label, where, condition)


def own_ordered_rules(lifecycle: LifecycleSettings, complaints: ComplaintSettings) -> Iterator[OrderedRule]:
    """The rules of the own profiles as rows of lifecycle_rules."""
    rules = {(rule.profile, rule.is_buyer, rule.stage): rule for rule in own_rules(lifecycle)}
    for profile in lifecycle.own_profiles:
        mine = [rule for rule in rules.values() if rule.profile == profile.name]
        version = _version(profile, mine, lifecycle, complaints)
        for is_buyer in (True, False):
            for precedence, stage in enumerate(profile.order(is_buyer=is_buyer), start=1):
                rule = rules.get((profile.name, is_buyer, stage))
                zh, en = OTHERS[is_buyer] if rule is None else rule.words
                yield OrderedRule(profile.name, is_buyer, stage, precedence, zh, en, version)


def _version(
    profile: OwnProfileSettings, rules: list[OwnRule], lifecycle: LifecycleSettings, complaints: ComplaintSettings
) -> str:
    """Hash of everything that decides the profile: itself, and the built-in profiles whose settings it builds on."""
    named = {column for rule in rules for column in rule.condition.columns}
    behind = sorted({SETTINGS_BEHIND[column] for column in named if column in SETTINGS_BEHIND})
    parts = (
        *profile.order(is_buyer=True),
        *profile.order(is_buyer=False),
        *(rule.condition.sql for rule in rules),
        *(version_of(lifecycle, complaints, other) for other in behind),
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def features_named(conditions: Iterable[str]) -> list[str]:
    """Measures of stage_features that these conditions name, those behind built-in rules included."""
    words = {word for text in conditions for word in WORD.findall(text.lower())}
    named = {feature for word in words for feature in FEATURES_OF.get(word, (word,))}
    return [name for name in MEASURES if name in named]
