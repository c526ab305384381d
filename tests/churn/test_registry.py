"""When a model is trained again, which of two may be published, and that nobody changed it in between."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from models import registry
from models.registry import Verdict
from pipeline.errors import HuitouError
from pipeline.schemas.catalog import TABLES

DAY = date(2026, 6, 30)


def versions_after(*rows: dict[str, Any]) -> pl.DataFrame:
    versions = TABLES["churn_versions"].empty()
    for row in rows:
        versions = registry.with_attempt(versions, row)
    return versions


def attempt(day: date, text: str = "{}", verdict: Verdict | None = None) -> dict[str, Any]:
    return registry.attempt("churn", day, "age", "mean", text, verdict or registry.unopposed("first"))


def test_equal_models_have_equal_text_and_version() -> None:
    text = registry.text_of({"b": 1.5, "a": [1, 2]})
    assert text == '{"a":[1,2],"b":1.5}'
    assert registry.version_of(text) == registry.version_of(registry.text_of({"a": [1, 2], "b": 1.5}))
    with pytest.raises(ValueError, match="JSON compliant"):
        registry.text_of({"a": float("nan")})


class TestChampion:
    def test_an_accepted_challenger_retires_the_champion(self) -> None:
        found = versions_after(attempt(DAY, "1"), attempt(DAY + timedelta(days=7), "2"))
        assert found.select("trained_on", "state", "parameters").rows() == [
            (DAY, "retired", None),
            (DAY + timedelta(days=7), "champion", "2"),
        ]

    def test_a_refused_one_changes_nothing_but_is_recorded(self) -> None:
        refused = Verdict(False, "worse_than_champion", 0.7, 0.5, 1000)
        found = versions_after(attempt(DAY, "1"), attempt(DAY + timedelta(days=7), "2", refused))
        best = registry.champion(found)
        assert best is not None
        assert (best["trained_on"], best["parameters"]) == (DAY, "1")
        assert found.row(1, named=True) | {"version": ""} == {
            "model": "churn", "trained_on": DAY + timedelta(days=7), "version": "", "state": "refused",
            "trained_because": "age", "decided_because": "worse_than_champion", "method": "mean", "loss": 0.7,
            "champion_loss": 0.5, "sample_count": 1000, "parameters": None,
        }  # fmt: skip

    def test_a_changed_text_is_refused(self) -> None:
        spoilt = versions_after(attempt(DAY, "1")).with_columns(parameters=pl.lit("2"))
        with pytest.raises(HuitouError, match="not the one that was trained"):
            registry.champion(spoilt)

    def test_old_attempts_are_forgotten_but_never_the_champion(self) -> None:
        refused = Verdict(False, "worse_than_champion", 0.7, 0.5, 1000)
        later = [attempt(DAY + timedelta(days=number), "2", refused) for number in range(1, 80)]
        found = versions_after(attempt(DAY, "1"), *later)
        assert found.height == registry.KEPT_ATTEMPTS + 1
        assert found["trained_on"][0] == DAY


@pytest.mark.parametrize(
    ("days", "drifted", "reason"),
    [
        (0, "score", None),
        (1, None, None),
        (1, "score", "drift:score"),
        (6, None, None),
        (7, None, "age"),
        (30, "x", "age"),
    ],
)
def test_training_is_due_by_age_or_drift(days: int, drifted: str | None, reason: str | None) -> None:
    versions = versions_after(attempt(DAY, "1"))
    assert registry.training_reason(versions, DAY + timedelta(days=days), 7, drifted) == reason


def test_the_first_night_trains() -> None:
    assert registry.training_reason(versions_after(), DAY, 7, None) == "first"


@pytest.mark.parametrize(
    ("mine", "champions", "accepted"),
    [
        ([0.5, 0.6, 0.7], [0.5, 0.6, 0.7], True),
        ([0.4, 0.5, 0.6], [0.5, 0.6, 0.7], True),
        ([0.6, 0.7, 0.8], [0.5, 0.6, 0.7], False),
        ([0.1, 0.9, 0.9], [0.9, 0.1, 0.8], True),
    ],
)
def test_only_a_loss_beyond_chance_is_worse(mine: list[float], champions: list[float], accepted: bool) -> None:
    """Always .1 more is worse; (-.8, +.8, +.1) is .03 more on average, but with an error of .38."""
    verdict = registry.judged(np.array(mine), np.array(champions))
    assert verdict.accepted == accepted
    assert verdict.sample_count == 3


LOW, HIGH = np.array([0.5, 0.6, 0.7]), np.array([0.6, 0.7, 0.8])


@pytest.mark.parametrize(
    ("champion", "reason", "losses", "champion_losses", "why", "accepted"),
    [
        (False, "first", LOW, None, "first", True),
        (False, "first", None, None, "no_held_out_slice", True),
        (True, "age", None, LOW, "no_held_out_slice", True),
        (True, "age", LOW, None, "no_held_out_slice", True),
        (True, "settings", HIGH, LOW, "new_layout", True),
        (True, "age", LOW, HIGH, "not_worse", True),
        (True, "age", HIGH, LOW, "worse_than_champion", False),
        (True, "drift:score", HIGH, LOW, "worse_than_champion", False),
    ],
)
def test_who_stands_against_a_challenger(
    champion: bool,
    reason: str,
    losses: np.ndarray | None,
    champion_losses: np.ndarray | None,
    why: str,
    accepted: bool,
) -> None:
    versions = versions_after(attempt(DAY, '{"model":1}')) if champion else versions_after()
    verdict = registry.verdict(versions, reason, losses, lambda stored: champion_losses if stored["model"] else None)
    assert (verdict.why, verdict.accepted) == (why, accepted)
    assert verdict.loss == (None if losses is None else pytest.approx(losses.mean()))


@pytest.mark.parametrize(
    ("stored", "drift", "days", "reason"),
    [
        (None, 0.0, 1, "first"),
        ('{"model":2}', 0.0, 1, "settings"),
        ('{"model":1}', 0.24, 1, None),
        ('{"model":1}', 0.25, 1, "drift:score"),
        ('{"model":1}', 0.0, 7, "age"),
    ],
)
def test_a_model_is_due(stored: str | None, drift: float, days: int, reason: str | None) -> None:
    versions = versions_after(attempt(DAY, stored)) if stored else versions_after()
    found = registry.due(
        versions,
        DAY + timedelta(days=days),
        registry.Schedule(7, 0.25),
        lambda payload: payload["model"] == 1,
        lambda _: ("score", drift),
    )
    assert found == reason


def test_what_does_not_fit_is_not_published() -> None:
    versions = versions_after(attempt(DAY, '{"model":2}'))
    assert registry.published(versions, lambda payload: payload["model"] == 1) is None
    assert registry.published(versions, lambda payload: payload["model"] == 2) == {"model": 2, "trained_on": DAY}
    assert registry.published(versions_after(), lambda _: True) is None
