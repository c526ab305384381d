"""What stopped a run, told from its events: the error that was raised inside it, or the check that failed.

Texts of foreign errors may quote data, so of those only the kind is told.
"""

from collections.abc import Iterable, Iterator

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from pipeline import errors
from pipeline.deliveries import undelivered
from pipeline.errors import DeliveryError, HeldError, HuitouError

TELLING = frozenset(
    {
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.RESOURCE_INIT_FAILURE,
        dg.DagsterEventType.RUN_FAILURE,
    }
)
"""The events that are looked at here."""


def failure_of(events: Iterable[dg.DagsterEvent]) -> HuitouError:
    """What stopped the run with these events, with the exit code of that."""
    told = [event for event in events if event.event_type in TELLING]
    known = [error for event in told if (error := _failed_check(event) or _known_error(event)) is not None]
    stopping = [error for error in known if not isinstance(error, DeliveryError)]
    if known and not stopping:
        return undelivered(dict.fromkeys(map(str, known)))
    return stopping[0] if stopping else _foreign_error(told)


def _known_error(event: dg.DagsterEvent) -> HuitouError | None:
    for error in _causes(event):
        kind = getattr(errors, error.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, HuitouError):
            known = DeliveryError if issubclass(kind, DeliveryError) else HuitouError
            found = known(error.message.split(": ", 1)[-1].strip())
            found.exit_code = kind.exit_code
            return found
    return None


def _causes(event: dg.DagsterEvent) -> Iterator[SerializableErrorInfo]:
    error = getattr(event.event_specific_data, "error", None)
    while error is not None:
        yield error
        error = error.cause


def _failed_check(event: dg.DagsterEvent) -> HuitouError | None:
    if event.event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION:
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


def _foreign_error(events: Iterable[dg.DagsterEvent]) -> HuitouError:
    remedy = "See the run in `huitou ui`."
    for event in events:
        kinds = [error.cls_name or "an error" for error in _causes(event)]
        if dg.DagsterExecutionInterruptedError.__name__ in kinds:
            return HuitouError("stopped by a signal", remedy="Run it again: it takes up what is unfinished.")
        if kinds:
            where = f"step {event.step_key}" if event.step_key else ""
            return HuitouError(f"failed with {kinds[-1]}", where=where, remedy=remedy)
    return HuitouError("stopped before its first step", remedy=remedy)
