"""Dagster in this process, on workspaces of its own; what a run sets for the whole process is put back."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from assets.environment import dagster_environment
from pipeline.workspace import Workspace


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Environment and umask as they were, after a test that runs a night in this process."""
    for name in dagster_environment(Workspace(Path("unused"))):
        monkeypatch.setenv(name, "")
    mask = os.umask(0o077)
    yield
    os.umask(mask)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_process: None) -> Workspace:
    """An empty workspace that this process works on."""
    made = Workspace(tmp_path / "shop")
    made.create()
    for name, value in dagster_environment(made).items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def chat_group() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The address of a chat service on this machine, and the messages that it was sent."""
    messages: list[dict[str, object]] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"errcode": 0}')

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (named so by its base)
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", messages
    server.shutdown()
    server.server_close()
    thread.join()
