"""One nightly run from the command line: the Dagster job in this process, and its end in words."""

import logging
from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
from dagster import DagsterInstance
from dagster_shared.error import SerializableErrorInfo

from assets.definitions import NIGHTLY, definitions
from assets.environment import use_workspace
from assets.summary import summary_lines
from pipeline import errors
from pipeline.deliver.alerts import alert_from_environment
from pipeline.errors import HeldError, HuitouError
from pipeline.night import open_night
from pipeline.publish import heal
from pipeline.workspace import Workspace

log = logging.getLogger("huitou")

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_night(workspace: Workspace, as_of: date | None, *, publish: bool) -> list[str]:
    """Run one night and publish it; what was found, in lines for a person.

    The same night again changes nothing and says so. Raises the HuitouError that stopped the run.
    """
    use_workspace(workspace)
    with open_night(workspace, as_of, publish=publish) as night:
        day = night.as_of
        if night.is_unchanged:
            log.info("%s: nothing new since the published night", day)
            healed = heal(night)
            return ["Nothing has changed: the published night stays as it is.", *healed, *summary_lines(workspace)]
    log.info("night of %s begins", day)
    try:
        _execute(workspace, day, publish=publish)
    except HuitouError as error:
        alert_from_environment(f"Huitou: the night of {day} was not published. {error}")
        raise
    return summary_lines(workspace)


def _execute(workspace: Workspace, as_of: date, *, publish: bool) -> None:
    config = {"workspace": str(workspace.root), "as_of": as_of.isoformat(), "publish": publish}
    with DagsterInstance.get() as instance:
        result = (
            definitions()
            .resolve_job_def(NIGHTLY)
            .execute_in_process(
                run_config={"resources": {"night": {"config": config}}, **QUIET},
                instance=instance,
                raise_on_error=False,
            )
        )
    if not result.success:
        raise _first_failure(result.all_events)


def _first_failure(events: Sequence[dg.DagsterEvent]) -> HuitouError:
    """What stopped the run, as the error that was raised inside it."""
    for event in events:
        found = _known_error(event) or _failed_check(event)
        if found is not None:
            return found
    return HuitouError("the run failed", remedy="See the run in `huitou ui`.")


def _known_error(event: dg.DagsterEvent) -> HuitouError | None:
    for error in _causes(event):
        kind = getattr(errors, error.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, HuitouError):
            found = HuitouError(error.message.split(": ", 1)[-1].strip())
            found.exit_code = kind.exit_code
            return found
    return None


def _causes(event: dg.DagsterEvent) -> Iterator[SerializableErrorInfo]:
    error = getattr(event.event_specific_data, "error", None)
    while error is not None:
        yield error
        error = error.cause


def _failed_check(event: dg.DagsterEvent) -> HuitouError | None:
    if event.event_type_value != "ASSET_CHECK_EVALUATION":
        return None
    check = event.asset_check_evaluation_data
    if check.passed:
        return None
    lines = check.metadata.get("violations")
    text = "; ".join(str(line) for line in lines.value) if lines is not None else ""  # type: ignore[union-attr]
    return HeldError(
        f"check {check.check_name} failed: {text}",
        where=check.asset_key.path[-1],
        remedy="Nothing was published; the last good night stays.",
    )
