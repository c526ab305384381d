"""Dagster's web pages and daemon on one workspace, for this machine only."""

import os
import signal
import socket
import sys

from assets.environment import CHECKOUT, dagster_environment
from pipeline.errors import SettingsError
from pipeline.settings import load_settings
from pipeline.workspace import Workspace

HOST = "127.0.0.1"
"""The pages have no login, so only this machine may see them."""

SUPERSEDED = "ignore:Function `dev_command` is superseded"
"""`dg dev`, which Dagster would rather see, starts the same processes and takes a dozen packages more."""


def serve(workspace: Workspace, port: int) -> None:
    """Hand this process over to `dagster dev`; Ctrl-C and SIGTERM end it and all that it started.

    Raises SettingsError where the settings are wrong or the port is taken.
    """
    load_settings(workspace.settings_file)
    _check_port(port)
    workspace.create()
    # A shell starts background jobs with Ctrl-C ignored; Dagster would then ignore SIGTERM as well.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(CHECKOUT)
    os.execve(sys.executable, command(port), os.environ | dagster_environment(workspace))  # noqa: S606


def command(port: int) -> list[str]:
    """The command line of `dagster dev`."""
    dagster = [sys.executable, "-W", SUPERSEDED, "-m", "dagster", "dev", "-m", "assets.definitions"]
    return [*dagster, "--host", HOST, "--port", str(port)]


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise SettingsError(f"port {port} cannot be used", remedy="Choose another with --port.") from error
