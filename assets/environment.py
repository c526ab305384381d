"""Which workspace this process works on, and where Dagster keeps its own things. Set before Dagster is used."""

import os
from pathlib import Path

from pipeline.workspace import Workspace

CHECKOUT = Path(__file__).resolve().parents[1]
WORKSPACE_VARIABLE = "HUITOU_WORKSPACE"


def workspace_of_environment() -> Workspace:
    """The workspace that this process works on: data/ in the checkout unless HUITOU_WORKSPACE says otherwise."""
    return Workspace(Path(os.environ.get(WORKSPACE_VARIABLE) or CHECKOUT / "data").resolve())


def dagster_environment(workspace: Workspace) -> dict[str, str]:
    """Environment of every process that runs Dagster on this workspace.

    dagster.yaml is read from the checkout; nothing is written there.
    """
    return {
        "DAGSTER_HOME": str(CHECKOUT),
        "HUITOU_DAGSTER_DIR": str(workspace.dagster_home),
        WORKSPACE_VARIABLE: str(workspace.root),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def use_workspace(workspace: Workspace) -> None:
    """Let this process run Dagster on the workspace."""
    workspace.create()
    os.environ.update(dagster_environment(workspace))
