"""One nightly run from the command line: the Dagster job in this process, and its end in words."""

import logging
from contextlib import ExitStack
from datetime import date

from assets.environment import use_workspace
from assets.summary import summary_lines
from pipeline.deliver.alerts import alert_from_environment
from pipeline.deliveries import headline
from pipeline.errors import HuitouError, SettingsError
from pipeline.ingest import reading_ahead
from pipeline.night import open_night
from pipeline.publish import heal
from pipeline.readiness import readiness_of
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

log = logging.getLogger("huitou")


def run_night(workspace: Workspace, as_of: date | None, *, publish: bool) -> list[str]:
    """Run one night and publish it; what was found, in lines for a person.

    The same night again changes nothing and says so. Raises the HuitouError that stopped the run.
    """
    try:
        return _run_night(workspace, as_of, publish=publish)
    except HuitouError as error:
        night = f"the night of {as_of}" if as_of else "tonight's night"
        alert_from_environment(headline(night, error))
        raise


def _run_night(workspace: Workspace, as_of: date | None, *, publish: bool) -> list[str]:
    ready = readiness_of(workspace)  # first: nothing is written where there are no settings
    use_workspace(workspace)
    if not ready.settings.sources:
        raise SettingsError(
            "names no sources", where=str(workspace.settings_file), remedy="Name at least one under sources:"
        )
    with ExitStack() as stack:
        with open_night(workspace, as_of, publish=publish) as night:
            day = night.as_of
            if night.is_unchanged:
                log.info("%s: nothing new since the published night", day)
                healed = heal(night)
                return ["Nothing has changed: the published night stays as it is.", *healed, *summary_lines(workspace)]
            log.info("night of %s begins", day)
            # Dagster and the models take seconds to load: new files are read meanwhile. A night with nothing new,
            # or refused, needs neither.
            with reading_ahead(night):
                from assets.execution import prepared  # noqa: PLC0415

                execute = stack.enter_context(prepared(day, publish=publish, begun_at=night.started_at))
        execute()
    return _told(workspace, day)


def _told(workspace: Workspace, day: date) -> list[str]:
    """The summary of the night that was run, or that it was built and another one stays published."""
    current = SnapshotStore(workspace.snapshots).current()
    if current is None or current.as_of == day:
        return summary_lines(workspace)
    return [
        f"The night of {day} was built but NOT published: the night of {current.as_of} is and stays.",
        "To publish the earlier one in its place, run it again with --publish.",
    ]
