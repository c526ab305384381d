"""The queries that depend on the order of the rules, put together with the fixed files of `sql/scores`.

Only names of `pipeline.scores.stage_rules`, names that passed their pattern, compiled conditions, quoted texts and
numbers of the settings are written into SQL here. What own profiles add to a query stands in
`pipeline.scores.own_statements`; without one, nothing of it is there.
"""

from collections.abc import Iterator

from pipeline.engine import quoted, sql_text
from pipeline.lifecycle_settings import LifecycleProfile, LifecycleSettings
from pipeline.scores.own_profiles import own_rules
from pipeline.scores.own_statements import changed, own_matches, own_reasons, own_tests, shown
from pipeline.scores.stage_rules import BY_TEST, StageRule, filled

TESTS = "scores/stage_tests.sql"


def stages_query(lifecycle: LifecycleSettings) -> str:
    """`sql/scores/lifecycle_stages.sql` over the matches of each profile in its order.

    Reads stage_features and previous_lifecycle_stages. Raises SettingsError for a wrong condition of an own profile.
    """
    rules = own_rules(lifecycle)
    matches = [*(_matches(lifecycle, profile) for profile in lifecycle.profiles), *own_matches(lifecycle, rules)]
    parts = {
        "stage_tests": sql_text(TESTS),
        **own_tests(rules, "stage_features", "stage_tests"),
        "stage_matches": "\nunion all\n".join(matches),
    }
    return _with(parts, "scores/lifecycle_stages.sql")


def _matches(lifecycle: LifecycleSettings, profile: LifecycleProfile) -> str:
    """One row per customer: all stages that match, in order; else the last stage of the order."""
    buyers, prospects = (_listed(profile, order) for order in lifecycle.orders(profile))
    return (
        f"select customer_id, '{profile}' as profile,\n"
        f"    case when is_buyer then {buyers} else {prospects} end as matched_stages\n"
        "from stage_tests"
    )


def _listed(profile: str, order: tuple[str, ...]) -> str:
    *tested, rest = order
    if not tested:
        return f"'{rest}'"
    cases = ", ".join(f"case when {profile}_{stage} then '{stage}' end" for stage in tested)
    return f"coalesce(nullif(concat_ws(',', {cases}), ''), '{rest}')"


def changes_query(lifecycle: LifecycleSettings) -> str:
    """`sql/scores/stage_changes.sql` with the reason of every move of a customer known on both nights.

    Reads what that file names, and stage_features.
    """
    rules = own_rules(lifecycle)
    moved = "select distinct customer_id from lifecycle_stages where previous_stage <> stage"
    reasons = [_reasons(lifecycle), *own_reasons(lifecycle, rules)]
    parts = {
        "movers": moved,
        "mover_features": _of_movers("stage_features"),
        "previous_mover_features": _of_movers("previous_stage_features"),
        "tests": _tests_over("mover_features"),
        "previous_tests": _tests_over("previous_mover_features"),
        **own_tests(rules, "mover_features", "tests"),
        **own_tests(rules, "previous_mover_features", "previous_tests", "previous_"),
        "stage_reasons": "\nunion all\n".join(reasons),
    }
    return _with(parts, "scores/stage_changes.sql")


def _of_movers(features: str) -> str:
    return f"select * from {features} where customer_id in (select customer_id from movers)"  # noqa: S608


def _tests_over(features: str) -> str:
    return sql_text(TESTS).replace("from stage_features", f"from {features}")


def _reasons(lifecycle: LifecycleSettings) -> str:
    cases = "\n        ".join(
        f"when '{profile}' then concat_ws('; ', {', '.join(_told(lifecycle, profile))})"
        for profile in lifecycle.profiles
    )
    names = ", ".join(f"'{profile}'" for profile in lifecycle.profiles)
    return (
        "select\n    lifecycle_stages.customer_id,\n    lifecycle_stages.profile,\n"
        f"    case lifecycle_stages.profile\n        {cases}\n    end as reason\n"
        "from lifecycle_stages\n"
        "inner join mover_features as now on lifecycle_stages.customer_id = now.customer_id\n"
        "inner join previous_mover_features as before on lifecycle_stages.customer_id = before.customer_id\n"
        "inner join tests on lifecycle_stages.customer_id = tests.customer_id\n"
        "inner join previous_tests on lifecycle_stages.customer_id = previous_tests.customer_id\n"
        f"where lifecycle_stages.profile in ({names})\n"
        "    and lifecycle_stages.previous_stage <> lifecycle_stages.stage"
    )


def _told(lifecycle: LifecycleSettings, profile: LifecycleProfile) -> Iterator[str]:
    """What turned, rule by rule; and the first purchase, with which other rules begin to count."""
    yield changed("order_count", "(before.order_count = 0) is distinct from (now.order_count = 0)")
    seen = dict.fromkeys(stage for order in lifecycle.orders(profile) for stage in order)
    for rule in (BY_TEST[profile, stage] for stage in seen if (profile, stage) in BY_TEST):
        differences = ", ".join(changed(feature) for feature in rule.features)
        turned = f"case when tests.{rule.test} then '{rule.turns_true}' else '{rule.turns_false}' end"
        yield (
            f"case when tests.{rule.test} <> previous_tests.{rule.test} then"
            f" concat(concat_ws(', ', {differences}), ' ', {turned}, ' ', {_cut(rule, lifecycle)}) end"
        )


def _cut(rule: StageRule, lifecycle: LifecycleSettings) -> str:
    """`dormant_days 90`; of cycles also the length of the customer's own."""
    text = filled(rule.cut_text, lifecycle)
    if "cycle_days" in rule.features:
        return f"concat({quoted(text + ' × cycle_days ')}, {shown('now.cycle_days')})"
    return quoted(text)


def _with(parts: dict[str, str], sql_file: str) -> str:
    ctes = ",\n".join(f"{name} as (\n{query}\n)" for name, query in parts.items())
    return f"with {ctes}\nselect * from (\n{sql_text(sql_file)}\n)"
