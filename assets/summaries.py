"""The summary of the morning on its way out; what it says and who gets it belongs to `pipeline.deliver`.

A night that was run by hand (`huitou run`) sends at its end. A night under `huitou ui` is over long before anybody is
up: its summary waits for the schedule, and goes at once only where the night ends after that time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg

from assets.deliverables import DELIVERABLES
from assets.environment import workspace_of_environment
from assets.schedules import ALERTED
from pipeline.errors import LockedError
from pipeline.night import Night, open_night
from pipeline.publish import publish_summary
from pipeline.settings import Settings

TRIES, MINUTES_BETWEEN = 3, 10


@dg.asset(group_name=DELIVERABLES, deps=["morning_report"], kinds={"email"}, output_required=False)
def morning_summary(
    context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]
) -> Iterator[dg.MaterializeResult]:
    """The main figures of the night by mail and to chat groups, once to each recipient of the settings."""
    by_hand = ALERTED in context.run.tags
    if night.sealed is not None and night.is_publishable and (by_hand or is_due(night, datetime.now().astimezone())):
        outcome = publish_summary(night, night.sealed)
        if outcome.sent or outcome.failures:
            yield dg.MaterializeResult(metadata={"sent": outcome.sent, "failed": len(outcome.failures)})


def is_due(night: Night, now: datetime) -> bool:
    """Whether the morning after the night has come to the hour of the settings."""
    zone, at = night.settings.zone, night.settings.delivery.summary.send_at
    return now >= datetime.combine(night.as_of + timedelta(days=1), at, zone)


@dg.op
def send_summary(context: dg.OpExecutionContext) -> None:
    """Send the summary of the published night to whoever has not got it; a few tries, some minutes apart."""
    is_last_try = context.retry_number >= TRIES - 1
    try:
        with open_night(workspace_of_environment(), None) as night:
            failures = publish_summary(night, night.current, is_last_try=is_last_try).failures if night.current else ()
    except LockedError as error:
        failures = (str(error),)
    if failures and is_last_try:
        raise dg.Failure("; ".join(failures), allow_retries=False)
    if failures:
        raise dg.RetryRequested(max_retries=TRIES - 1, seconds_to_wait=60 * MINUTES_BETWEEN)


@dg.job(description="The summary of the published night by mail and to chat groups.")
def summary() -> None:
    """Nothing but the sending: the night is another job."""
    send_summary()


def summary_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The hour of the settings in the retailer's time zone; off where nobody is to get a summary."""
    at, delivery = settings.delivery.summary.send_at, settings.delivery
    is_wanted = delivery.mail is not None or bool(delivery.webhook)
    return dg.ScheduleDefinition(
        name="summary_schedule",
        description="The summary of the last night, once to each recipient.",
        job=summary,
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING if is_wanted else dg.DefaultScheduleStatus.STOPPED,
    )
