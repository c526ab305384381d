"""The nightly job in this process, for those who run it without Dagster's pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from dagster import DagsterInstance
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from assets.definitions import NIGHTLY, definitions
from assets.failures import failure_of
from assets.schedules import ALERTED, night_config

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def prepared(as_of: date, *, publish: bool, begun_at: datetime) -> Iterator[Callable[[], None]]:
    """The run of the night of one day on the workspace of the environment: nothing happens before it is called.

    It tells `begun_at` as its start, for its caller has read files before. Calling it raises the HuitouError that
    stopped the night.
    """
    job = InMemoryJob(definitions().resolve_job_def(NIGHTLY))
    config = night_config(as_of.isoformat(), publish=publish, begun_at=begun_at.isoformat()) | QUIET
    with DagsterInstance.get() as instance:
        run = instance.create_run_for_job(job.get_definition(), run_config=config, tags={ALERTED: "command line"})

        def execute() -> None:
            result = execute_run(job, run, instance)
            if not result.success:
                raise failure_of(result.all_events)

        yield execute
