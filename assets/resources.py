"""What assets are handed: the open night. Tables are found by name in its folder, so no frame is ever pickled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import dagster as dg
from pydantic import Field

from assets.environment import workspace_of_environment
from pipeline.errors import SettingsError
from pipeline.night import Night, open_night
from pipeline.schemas.catalog import TABLES


class NightResource(dg.ConfigurableResource[Night]):
    """Opens the night of the process's workspace, under its lock, for as long as the run lasts."""

    as_of: str = Field(
        default="", description="Last day included, YYYY-MM-DD; empty: the setting as_of, else yesterday."
    )
    publish: bool = Field(default=False, description="Publish even a night earlier than the current one.")
    begun_at: str = Field(default="", description="When the command line began the run, which reads files before.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Night]:
        """The night of this run. Raises LockedError where another run works on the workspace."""
        _check_whole(context.run)
        day, begun_at = self._day(), self._begun_at(context.run)
        with open_night(workspace_of_environment(), day, publish=self.publish, begun_at=begun_at) as night:
            # Steps run side by side: what all of them share is there before the first one.
            night.building  # noqa: B018
            yield night

    def _day(self) -> date | None:
        try:
            return date.fromisoformat(self.as_of) if self.as_of else None
        except ValueError as error:
            raise SettingsError(
                "must be a day as YYYY-MM-DD", where="as_of", remedy="Mend the run's config."
            ) from error

    def _begun_at(self, run: dg.DagsterRun | None) -> datetime | None:
        """A run that is repeated in Dagster's pages takes the config over and begins when it begins."""
        is_repeated = run is not None and run.parent_run_id is not None
        return datetime.fromisoformat(self.begun_at) if self.begun_at and not is_repeated else None


def _check_whole(run: dg.DagsterRun | None) -> None:
    """A night is made of one piece, so tables of another run are never taken over."""
    if run is None:
        return
    selected = {key.path[-1] for key in run.asset_selection or ()}
    is_part = bool(selected) and not selected.issuperset(TABLES)
    if is_part or (run.parent_run_id and run.step_keys_to_execute):
        raise SettingsError("a night is made whole, never in parts", remedy="Launch the job nightly without selection.")
