"""One storage server for all tests, nights to deliver, and settings that find the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sealed_night import april_night
from storage_server import BUCKET, StorageServer, running_storage

from pipeline.deliver import bucket
from pipeline.deliver.outgoing import Outgoing
from pipeline.delivery_settings import S3Settings

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "Hunter2", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="session")
def storage_server() -> Iterator[StorageServer]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with running_storage() as server:
            yield server


@pytest.fixture
def storage(storage_server: StorageServer, monkeypatch: pytest.MonkeyPatch) -> StorageServer:
    """The server with an empty bucket and a door that lets everything through."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "WAIT_SECONDS", 0.0)
    storage_server.clear()
    return storage_server


@pytest.fixture
def settings(storage: StorageServer) -> S3Settings:
    return S3Settings(
        bucket=BUCKET, endpoint_url=storage.door, region="us-east-1", addressing="path", attempts=3, timeout_seconds=10
    )


@pytest.fixture
def tonight(tmp_path: Path) -> Outgoing:
    return april_night(tmp_path, 1)


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder of lists as a night leaves it."""
    folder = tmp_path / "lists"
    (folder / "for_tools").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "for_tools" / "best.for_aliyun_sms.txt").write_text("13800000000\n")
    return folder
