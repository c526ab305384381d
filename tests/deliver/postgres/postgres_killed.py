"""Delivers a night, and halts after the rows were replaced and before they count, until somebody kills it."""

import sys
import time
from pathlib import Path

from pipeline.deliver import postgres
from pipeline.deliver.outgoing import outgoing
from pipeline.delivery_settings import PostgresSettings
from pipeline.snapshots import Manifest, Snapshot, sealed_files


def halt(*_: object) -> None:
    Path(sys.argv[2]).touch()
    time.sleep(600)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    as_of = home.name[:10]
    files = sealed_files(home, {})
    snapshot = Snapshot(home, Manifest(home.name, as_of, None, None, "input", "settings", "code", files))
    postgres._note = halt
    postgres.deliver(outgoing(snapshot, postgres.ALWAYS, "zh-CN"), PostgresSettings())
