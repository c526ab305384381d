"""A real PostgreSQL server of the tests' own, on a unix socket in a folder of its own; nothing listens on the network.

It refuses to run as root, so root starts it as `nobody`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as driver
import pytest

OWNER, PASSWORD = "huitou", "s3cr:t@w/rd%"
UNPRIVILEGED = 65534
IDENTITY = (f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups")
STARTING_SECONDS = 30
BINARIES = ("/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))


@dataclass(frozen=True)
class PostgresServer:
    """A running server; everybody needs a password."""

    socket: Path

    def url(self, user: str = OWNER, password: str = PASSWORD, database: str = "postgres") -> str:
        """The connection string of a user."""
        return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={quote(str(self.socket), safe='')}"

    def asked(self, query: str, user: str = OWNER, password: str = PASSWORD) -> list[Any]:
        """The rows of a query in a transaction of its own."""
        with driver.connect(self.url(user, password)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
            connection.commit()
            return rows

    def done(self, *statements: str) -> None:
        """Statements without rows, in one transaction."""
        with driver.connect(self.url()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts; skips where there are no binaries."""
    initdb = shutil.which("initdb", path=os.pathsep.join(BINARIES))
    if initdb is None:
        pytest.skip("no PostgreSQL server is installed (initdb)")
    if subprocess.run(
        [*as_nobody(), "sh", "-c", ": </dev/null >/dev/null"], capture_output=True, check=False
    ).returncode:
        pytest.skip("the server's unprivileged user may not use /dev/null on this machine, and initdb needs it")
    binaries = Path(initdb).resolve().parent
    root = Path(tempfile.mkdtemp(prefix="huitou-pg-"))
    root.chmod(0o755)
    data, socket, secret = root / "data", root / "socket", root / "password"
    secret.write_text(PASSWORD + "\n")
    for folder in (data, socket):
        folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        for path in (data, socket, secret):
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    command = [binaries / "initdb", "-D", data, "-U", OWNER, "--auth=scram-sha-256", f"--pwfile={secret}"]
    # Not where the tests run: the unprivileged user may be unable to enter that folder, and initdb refuses then.
    made = subprocess.run(
        [*as_nobody(), *command, "-E", "UTF8", "--locale=C", "--no-sync"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB"]
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_nobody(), binaries / "postgres", "-D", data, "-k", socket, *options], cwd=root, stdout=log, stderr=log
        )
        server = PostgresServer(socket)
        try:
            _wait(server, process, root / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # the fast way down: open sessions are cut
            process.wait(STARTING_SECONDS)
            shutil.rmtree(root)


def as_nobody() -> list[str]:
    """What a command of root begins with so that an unprivileged user runs it, no longer than its tests."""
    return ["setpriv", "--pdeathsig=INT", *IDENTITY] if os.geteuid() == 0 else []


def _wait(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(STARTING_SECONDS * 10):
        assert process.poll() is None, log.read_text()
        try:
            server.asked("select 1")
        except driver.Error:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
