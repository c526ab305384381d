"""What assets are handed: the open night, and the manager that passes tables by name instead of pickling frames."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg

from pipeline.lake import Table
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


class TableIOManager(dg.IOManager):
    """A table is already on disk when its asset ends; downstream assets get its path by name."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Nothing to store."""

    def load_input(self, context: dg.InputContext) -> Table:
        """The upstream table of tonight."""
        night: Night = context.resources.night
        return night.table(context.asset_key.path[-1])


@dg.io_manager(required_resource_keys={"night"})
def table_io_manager(_context: dg.InitResourceContext) -> TableIOManager:
    """The io manager of all tables."""
    return TableIOManager()
