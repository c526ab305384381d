"""`huitou ui` as a person uses it: the pages in a browser, nothing sent elsewhere, everything ended by Ctrl-C."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from assets.environment import CHECKOUT
from pipeline.workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = """
    --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run
"""
PATIENCE_SECONDS = 120
ROOM = {".git", ".venv", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "data", "__pycache__"}

pytestmark = pytest.mark.slow


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def checkout_files() -> set[Path]:
    """What lies in the checkout apart from caches and other people's rooms."""
    return {path for path in CHECKOUT.glob("*") if path.name not in ROOM} | set(CHECKOUT.glob("assets/*"))


@pytest.fixture
def pages(copied: Workspace) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the web pages on the published sample, and the process behind them."""
    port = free_port()
    command = [sys.executable, "-m", "assets", "--workspace", str(copied.root), "ui", "--port", str(port)]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/server_info", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(address: str, process: psutil.Process) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the command ended by itself"
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    pytest.fail("the pages did not open")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_pages_show_tables_checks_and_schedule(pages: tuple[str, psutil.Process]) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    address, _ = pages
    foreign: set[str] = set()
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.on("request", lambda request: foreign.add(urlsplit(request.url).hostname or ""))
        for path, texts in {
            "/assets/orders": ["One row per order", "non-nullable", "order_key", "facts", "At 02:30 AM GMT+8"],
            "/assets/row_counts?view=checks": ["every_row_and", "promises_between_tables", "blocking"],
            "/assets/warehouse": ["Freshness policy", "At 08:00 AM GMT+8"],
            "/automation": ["nightly_schedule", "landing_sensor", "alert_on_failure"],
            "/runs": ["nightly", "Success"],
        }.items():
            page.goto(address + path)
            for text in texts:
                page.get_by_text(text).first.wait_for(timeout=PATIENCE_SECONDS * 1000)
        assert page.get_by_text("Join the Dagster community").count() == 0
        browser.close()
    assert foreign <= {"127.0.0.1", ""}


def test_only_this_machine_sees_them_and_ctrl_c_ends_all(pages: tuple[str, psutil.Process], copied: Workspace) -> None:
    address, process = pages
    before = checkout_files()
    family = [process, *process.children(recursive=True)]
    listening = [each.laddr for one in family for each in one.net_connections("tcp") if each.status == "LISTEN"]
    assert {(each.ip, each.port) for each in listening} == {("127.0.0.1", urlsplit(address).port)}
    os.killpg(process.pid, signal.SIGINT)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
    assert alive == []
    assert checkout_files() == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in copied.dagster_home.rglob("*"))


def test_a_port_that_is_taken_is_told(copied: Workspace) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "assets", "--workspace", str(copied.root), "ui", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 2
    assert f"port {port} cannot be used" in done.stderr
