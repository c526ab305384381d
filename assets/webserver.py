"""Dagster's web pages and daemon on one workspace, for this machine only."""

import os
import sys

from assets.environment import CHECKOUT, dagster_environment
from pipeline.settings import load_settings
from pipeline.workspace import Workspace


def serve(workspace: Workspace, port: int) -> None:
    """Hand this process over to `dagster dev`; ends with it. The pages have no login, so only this host sees them."""
    load_settings(workspace.settings_file)
    workspace.create()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.chdir(CHECKOUT)
    os.execve(sys.executable, command, os.environ | dagster_environment(workspace))  # noqa: S606
