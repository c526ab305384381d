"""Steps of one night side by side in threads of one process.

Polars, DuckDB, scikit-learn and the disk work outside Python's lock, so two steps keep two cores busy where one
would leave the second idle. Dagster has an executor for one step at a time and one with a process per step; the
night is open in one process (its lock, its folder, its one engine), so this one stands between the two. It hands
Dagster the same events in an order in which every step follows those that it depends on.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

import dagster as dg
from dagster._core.errors import raise_execution_interrupts
from dagster._core.events import EngineEventData
from dagster._core.execution.api import ExecuteRunWithPlanIterable
from dagster._core.execution.compute_logs import create_compute_log_file_key
from dagster._core.execution.context.system import (
    PlanExecutionContext,
    PlanOrchestrationContext,
    StepExecutionContext,
)
from dagster._core.execution.context_creation_job import PlanExecutionContextManager
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.execute_plan import dagster_event_sequence_for_step
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.base import Executor

from assets.history import KeptEventLog

STEPS_AT_ONCE = 2


@dataclass(frozen=True)
class Ended:
    """A step is over; `error` is what escaped from it, which only happens where errors are to be raised."""

    step_key: str
    error: BaseException | None


Told = SimpleQueue[dg.DagsterEvent | Ended]


class SideBySideExecutor(Executor):
    """Runs up to `STEPS_AT_ONCE` steps at a time, each in a thread of this process."""

    @property
    def retries(self) -> RetryMode:
        """A step may ask to be tried again."""
        return RetryMode.ENABLED

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        """The events of the steps, as they happen."""
        at_work = EngineEventData.in_process(os.getpid(), execution_plan.step_keys_to_execute)
        yield dg.DagsterEvent.engine_event(plan_context, "Executing steps side by side", at_work)
        yield from ExecuteRunWithPlanIterable(
            execution_plan=plan_context.execution_plan,
            iterator=side_by_side,
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=plan_context.retry_mode,
                execution_plan=plan_context.execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
            ),
        )
        yield dg.DagsterEvent.engine_event(plan_context, "Finished steps", at_work)


@dg.executor(name="side_by_side")
def side_by_side_executor(_context: dg.InitExecutorContext) -> SideBySideExecutor:
    """Steps of one night side by side in threads of one process."""
    return SideBySideExecutor()


def side_by_side(job_context: PlanExecutionContext, execution_plan: ExecutionPlan) -> Iterator[dg.DagsterEvent]:
    """Run the steps of the plan; what they tell comes in the order in which it happens."""
    with ExitStack() as stack:
        claims = stack.enter_context(InstanceConcurrencyContext(job_context.instance, job_context.dagster_run))
        behind = steps_behind(execution_plan)
        active = stack.enter_context(
            execution_plan.start(
                retry_mode=job_context.retry_mode,
                sort_key_fn=lambda step: -behind[step.key],
                instance_concurrency_context=claims,
            )
        )
        logs = job_context.instance.compute_log_manager
        log_key = logs.build_log_key_for_run(job_context.run_id, create_compute_log_file_key())  # type: ignore[no-untyped-call]
        captured = stack.enter_context(logs.capture_logs(log_key))
        step_keys = [step.key for step in execution_plan.get_steps_to_execute_in_topo_order()]
        yield dg.DagsterEvent.capture_logs(job_context, step_keys, log_key, captured)
        if isinstance(history := job_context.instance.event_log_storage, KeptEventLog):
            stack.enter_context(history.remembering())
        threads = stack.enter_context(ThreadPoolExecutor(STEPS_AT_ONCE, thread_name_prefix="step"))
        yield from _events(job_context, active, threads)


def steps_behind(plan: ExecutionPlan) -> dict[str, int]:
    """The number of steps in the longest row that waits for each step.

    Of steps that could start those with the longest row go first, so that the end of the night waits for none of them.
    """
    deps = plan.get_executable_step_deps()
    behind = dict.fromkeys(deps, 0)
    for step in reversed(plan.get_steps_to_execute_in_topo_order()):
        for needed in deps[step.key]:
            behind[needed] = max(behind[needed], behind[step.key] + 1)
    return behind


def _events(
    job_context: PlanExecutionContext, active: ActiveExecution, threads: ThreadPoolExecutor
) -> Iterator[dg.DagsterEvent]:
    told: Told = SimpleQueue()
    running = 0
    while running or not active.is_complete:
        for step in active.get_steps_to_execute(limit=STEPS_AT_ONCE - running):
            threads.submit(_run, job_context.for_step(step, active.get_known_state()), told)
            running += 1
        yield from active.concurrency_event_iterator(job_context)
        if not running:
            active.sleep_til_ready()
            continue
        # Nothing starts before a step has ended: one that is to be tried again ends after it has asked for that.
        while isinstance(heard := _next(told), dg.DagsterEvent):
            yield heard
            active.handle_event(heard)
        running -= 1
        if heard.error is not None:
            raise heard.error
        active.verify_complete(job_context, heard.step_key)
        yield from active.plan_events_iterator(job_context)


def _next(told: Told) -> dg.DagsterEvent | Ended:
    """What a step tells next. Raises DagsterExecutionInterruptedError at once where the run is to stop."""
    with raise_execution_interrupts():
        return told.get()


def _run(context: StepExecutionContext, told: Told) -> None:
    """One step in its thread."""
    error: BaseException | None = None
    try:
        for event in dagster_event_sequence_for_step(context):
            told.put(event)
    except BaseException as escaped:  # noqa: BLE001 - told to the thread that asked, which raises it
        error = escaped
    told.put(Ended(context.step.key, error))
