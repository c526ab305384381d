"""Where Dagster keeps its own things for a workspace. Set before anything of Dagster is used."""

import os
from pathlib import Path

from pipeline.workspace import Workspace

CHECKOUT = Path(__file__).resolve().parents[1]


def dagster_environment(workspace: Workspace) -> dict[str, str]:
    """Environment of every process that runs Dagster on this workspace."""
    return {
        "DAGSTER_HOME": str(CHECKOUT),
        "HUITOU_DAGSTER_DIR": str(workspace.dagster_home),
        "HUITOU_WORKSPACE": str(workspace.root),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def use_workspace(workspace: Workspace) -> None:
    """Let this process run Dagster on the workspace."""
    workspace.create()
    os.environ.update(dagster_environment(workspace))
