"""What own lifecycle profiles add to the queries of stages: their tests, their matches, the reasons of their changes.

The conditions were read by `pipeline.scores.own_profiles`; only what it compiled, names that passed their pattern and
quoted texts are written into SQL here.
"""

from collections.abc import Iterator, Sequence

from pipeline.engine import quoted
from pipeline.lifecycle_settings import LifecycleSettings
from pipeline.own_stage_settings import OwnProfileSettings
from pipeline.scores.own_profiles import FEATURES, MEASURES, TESTS, OwnRule
from pipeline.scores.stage_rules import MET, NO_LONGER_MET

FACTS = "stage_facts"
NOW, BEFORE = "now", "before"
"""How the queries of changes call the features of tonight and of the last published night."""


def own_tests(rules: Sequence[OwnRule], features: str, tests: str, prefix: str = "") -> dict[str, str]:
    """CTEs `stage_facts` (features beside built-in tests) and `own_tests` (one column a rule), by name.

    `prefix` is put before both names. Nothing without a rule.
    """
    if not rules:
        return {}
    facts = f"{prefix}{FACTS}"
    columns = ", ".join((*(f"{features}.{name}" for name in MEASURES), *(f"{tests}.{name}" for name in TESTS)))
    holds = ",\n    ".join(f"coalesce({rule.condition.sql}, false) as {rule.test}" for rule in rules)
    return {
        facts: (
            f"select {features}.customer_id, {tests}.is_buyer, {columns}\n"
            f"from {features}\ninner join {tests} on {features}.customer_id = {tests}.customer_id"
        ),
        f"{prefix}own_tests": f"select customer_id, is_buyer,\n    {holds}\nfrom {facts} as {FEATURES}",
    }


def own_matches(lifecycle: LifecycleSettings, rules: Sequence[OwnRule]) -> Iterator[str]:
    """One row per customer and own profile: all stages that match, in order; else the one that takes all others."""
    for profile in lifecycle.own_profiles:
        buyers, prospects = (_listed(profile, rules, is_buyer=is_buyer) for is_buyer in (True, False))
        yield (
            f"select customer_id, '{profile.name}' as profile,\n"
            f"    case when is_buyer then {buyers} else {prospects} end as matched_stages\n"
            "from own_tests"
        )


def _listed(profile: OwnProfileSettings, rules: Sequence[OwnRule], *, is_buyer: bool) -> str:
    rest = profile.order(is_buyer=is_buyer)[-1]
    mine = [rule for rule in rules if (rule.profile, rule.is_buyer) == (profile.name, is_buyer)]
    if not mine:
        return f"'{rest}'"
    cases = ", ".join(f"case when {rule.test} then '{rule.stage}' end" for rule in mine)
    return f"coalesce(nullif(concat_ws(',', {cases}), ''), '{rest}')"


def own_reasons(lifecycle: LifecycleSettings, rules: Sequence[OwnRule]) -> Iterator[str]:
    """One row per customer who changed stage under an own profile: which condition turned, and on which values."""
    for profile in lifecycle.own_profiles:
        told = ", ".join(_told(rule) for rule in rules if rule.profile == profile.name)
        first = changed("order_count", "before.is_buyer is distinct from now.is_buyer")
        yield (
            "select\n    lifecycle_stages.customer_id,\n    lifecycle_stages.profile,\n"
            f"    concat_ws('; ', {first}, {told}) as reason\n"
            "from lifecycle_stages\n"
            f"inner join {FACTS} as now on lifecycle_stages.customer_id = now.customer_id\n"
            f"inner join previous_{FACTS} as before on lifecycle_stages.customer_id = before.customer_id\n"
            "inner join own_tests on lifecycle_stages.customer_id = own_tests.customer_id\n"
            "inner join previous_own_tests on lifecycle_stages.customer_id = previous_own_tests.customer_id\n"
            f"where lifecycle_stages.profile = '{profile.name}'\n"
            "    and lifecycle_stages.previous_stage <> lifecycle_stages.stage"
        )


def _told(rule: OwnRule) -> str:
    """`recency_days 44 → 45 met recency_days >= 45`, where the condition turned and is for this kind of customer."""
    differences = ", ".join(changed(column) for column in rule.condition.columns)
    turned = f"case when own_tests.{rule.test} then '{MET}' else '{NO_LONGER_MET}' end"
    kind = "now.is_buyer" if rule.is_buyer else "not now.is_buyer"
    return (
        f"case when {kind} and own_tests.{rule.test} <> previous_own_tests.{rule.test} then"
        f" concat(concat_ws(', ', {differences}), ' ', {turned}, ' ', {quoted(rule.where)}) end"
    )


def changed(feature: str, when: str | None = None) -> str:
    """`recency_days 59 → 60` where the feature differs between the nights, or where `when` holds; else null."""
    when = when or f"{BEFORE}.{feature} is distinct from {NOW}.{feature}"
    difference = f"concat('{feature} ', {shown(f'{BEFORE}.{feature}')}, ' → ', {shown(f'{NOW}.{feature}')})"
    return f"case when {when} then {difference} end"


def shown(value: str) -> str:
    """A value as a person writes it: 12.5 days, not 12.5000."""
    if value.endswith(("cycle_days", "own_gap_days")):
        return f"coalesce(regexp_replace(cast({value} as varchar), '\\.?0+$', ''), 'none')"
    return f"coalesce(cast({value} as varchar), 'none')"
