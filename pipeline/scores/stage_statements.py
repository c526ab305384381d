"""The queries that depend on the order of the rules, put together with the fixed files of `sql/scores`.

Only names of `pipeline.scores.stage_rules` and numbers of the settings are written into SQL here.
"""

from collections.abc import Iterator

from pipeline.engine import quoted, sql_text
from pipeline.lifecycle_settings import LifecycleProfile, LifecycleSettings
from pipeline.scores.stage_rules import BY_TEST, StageRule, filled

TESTS = "scores/stage_tests.sql"


def stages_query(lifecycle: LifecycleSettings) -> str:
    """`sql/scores/lifecycle_stages.sql` over the matches of each profile in its order.

    Reads stage_features and previous_lifecycle_stages.
    """
    matches = "\nunion all\n".join(_matches(lifecycle, profile) for profile in lifecycle.profiles)
    return _with({"stage_tests": sql_text(TESTS), "stage_matches": matches}, "scores/lifecycle_stages.sql")


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
    moved = "select distinct customer_id from lifecycle_stages where previous_stage <> stage"
    parts = {
        "movers": moved,
        "mover_features": _of_movers("stage_features"),
        "previous_mover_features": _of_movers("previous_stage_features"),
        "tests": _tests_over("mover_features"),
        "previous_tests": _tests_over("previous_mover_features"),
        "stage_reasons": _reasons(lifecycle),
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
    return (
        "select\n    lifecycle_stages.customer_id,\n    lifecycle_stages.profile,\n"
        f"    case lifecycle_stages.profile\n        {cases}\n    end as reason\n"
        "from lifecycle_stages\n"
        "inner join mover_features as now on lifecycle_stages.customer_id = now.customer_id\n"
        "inner join previous_mover_features as before on lifecycle_stages.customer_id = before.customer_id\n"
        "inner join tests on lifecycle_stages.customer_id = tests.customer_id\n"
        "inner join previous_tests on lifecycle_stages.customer_id = previous_tests.customer_id\n"
        "where lifecycle_stages.previous_stage <> lifecycle_stages.stage"
    )


def _told(lifecycle: LifecycleSettings, profile: LifecycleProfile) -> Iterator[str]:
    """What turned, rule by rule; and the first purchase, with which other rules begin to count."""
    first = "(before.order_count = 0) is distinct from (now.order_count = 0)"
    yield f"case when {first} then {_difference('order_count')} end"
    seen = dict.fromkeys(stage for order in lifecycle.orders(profile) for stage in order)
    for rule in (BY_TEST[profile, stage] for stage in seen if (profile, stage) in BY_TEST):
        differences = ", ".join(
            f"case when before.{feature} is distinct from now.{feature} then {_difference(feature)} end"
            for feature in rule.features
        )
        turned = f"case when tests.{rule.test} then '{rule.turns_true}' else '{rule.turns_false}' end"
        yield (
            f"case when tests.{rule.test} <> previous_tests.{rule.test} then"
            f" concat(concat_ws(', ', {differences}), ' ', {turned}, ' ', {_cut(rule, lifecycle)}) end"
        )


def _difference(feature: str) -> str:
    return f"concat('{feature} ', {_shown(f'before.{feature}')}, ' → ', {_shown(f'now.{feature}')})"


def _shown(value: str) -> str:
    """A value as a person writes it: 12.5 days, not 12.5000."""
    if value.endswith("cycle_days"):
        return f"coalesce(regexp_replace(cast({value} as varchar), '\\.?0+$', ''), 'none')"
    return f"coalesce(cast({value} as varchar), 'none')"


def _cut(rule: StageRule, lifecycle: LifecycleSettings) -> str:
    """`dormant_days 90`; of cycles also the length of the customer's own."""
    text = filled(rule.cut_text, lifecycle)
    if "cycle_days" in rule.features:
        return f"concat({quoted(text + ' × cycle_days ')}, {_shown('now.cycle_days')})"
    return quoted(text)


def _with(parts: dict[str, str], sql_file: str) -> str:
    ctes = ",\n".join(f"{name} as (\n{query}\n)" for name, query in parts.items())
    return f"with {ctes}\nselect * from (\n{sql_text(sql_file)}\n)"
