"""Steps side by side: really at once, never before what they depend on, and with failures that stop what follows."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.execution.job_execution_result import JobExecutionResult

from assets.executor import side_by_side_executor
from assets.failures import failure_of


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(assets: list[dg.AssetsDefinition], instance: dg.DagsterInstance) -> JobExecutionResult:
    definitions = dg.Definitions(assets, executor=side_by_side_executor, jobs=[dg.define_asset_job("all")])
    job = InMemoryJob(definitions.resolve_job_def("all"))
    return execute_run(job, instance.create_run_for_job(job.get_definition()), instance)


def recording(name: str, done: list[str], deps: list[str] | None = None) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=deps)
    def step() -> None:
        done.append(name)

    return step


def failing(name: str) -> dg.AssetsDefinition:
    @dg.asset(name=name)
    def step() -> None:
        raise ValueError("broken")

    return step


def ended(result: JobExecutionResult, kind: dg.DagsterEventType) -> set[str]:
    return {str(event.step_key) for event in result.all_events if event.event_type is kind}


def test_two_steps_run_at_once(instance: dg.DagsterInstance) -> None:
    meeting = threading.Barrier(2)

    def waiting(name: str) -> dg.AssetsDefinition:
        @dg.asset(name=name)
        def step() -> None:
            meeting.wait(timeout=30)

        return step

    assert run([waiting("left"), waiting("right")], instance).success


def test_a_step_waits_for_all_that_it_depends_on(instance: dg.DagsterInstance) -> None:
    done: list[str] = []
    chain = [recording(str(n), done, [str(n - 1)] if n else []) for n in range(9)]
    assert run([recording("last", done, ["8", "0"]), *reversed(chain)], instance).success
    assert done == [*map(str, range(9)), "last"]


def test_of_steps_that_could_start_those_go_first_for_which_the_longest_row_waits(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.executor.STEPS_AT_ONCE", 1)
    done: list[str] = []
    long_row = [recording("z", done), recording("y", done, ["z"]), recording("x", done, ["y"])]
    short_row = [recording("b", done), recording("c", done, ["b"])]
    assert run([recording("a", done), *short_row, *long_row], instance).success
    assert done == ["z", "b", "y", "a", "c", "x"]


def test_a_failure_stops_what_follows_and_nothing_else(instance: dg.DagsterInstance) -> None:
    done: list[str] = []
    others = [recording("after", done, ["bad"]), recording("apart", done), recording("beyond", done, ["apart"])]
    result = run([failing("bad"), *others], instance)
    assert not result.success
    assert sorted(done) == ["apart", "beyond"]
    assert ended(result, dg.DagsterEventType.STEP_FAILURE) == {"bad"}
    assert ended(result, dg.DagsterEventType.STEP_SUCCESS) == {"apart", "beyond"}


def test_a_blocking_check_that_fails_stops_what_follows(instance: dg.DagsterInstance) -> None:
    done: list[str] = []

    @dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="table", blocking=True)])
    def table() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=False, check_name="sound")])

    assert not run([table, recording("after", done, ["table"])], instance).success
    assert done == []


def test_a_step_may_ask_to_be_tried_again(instance: dg.DagsterInstance) -> None:
    tries: list[int] = []

    @dg.asset
    def stumbling() -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise dg.RetryRequested(max_retries=2)

    assert run([stumbling], instance).success
    assert tries == [0, 1, 2]


def test_a_signal_stops_the_run_after_the_steps_that_are_at_work(instance: dg.DagsterInstance) -> None:
    done: list[str] = []

    @dg.asset
    def first() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)
        done.append("first")

    result = run([first, recording("after", done, ["first"])], instance)
    assert not result.success
    assert done == ["first"]
    assert "stopped by a signal" in str(failure_of(result.all_events))
