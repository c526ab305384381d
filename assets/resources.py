"""What assets are handed: the open night. Tables are found by name in its folder, so no frame is ever pickled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg

from pipeline.night import Night, open_night
from pipeline.workspace import Workspace


class NightResource(dg.ConfigurableResource[Night]):
    """Opens the night under the workspace's lock for as long as the run lasts."""

    workspace: str
    as_of: str = ""
    """YYYY-MM-DD; empty: the setting as_of, else yesterday in the retailer's time zone."""
    publish: bool = False
    """Publish even a night earlier than the current one."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Night]:
        """The night of this run."""
        as_of = date.fromisoformat(self.as_of) if self.as_of else None
        with open_night(Workspace(Path(self.workspace)), as_of, publish=self.publish) as night:
            yield night
