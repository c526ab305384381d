"""The night in a real S3 server: complete before it counts, sent once, and gone when its time has come."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sealed_night import april_night
from storage_server import BUCKET, StorageServer

from pipeline.deliver import object_storage
from pipeline.deliver.outgoing import Outgoing
from pipeline.delivery_settings import S3Settings
from pipeline.errors import DeliveryError

HOME = "huitou/2026-04-01/2026-04-01-a/"


def deliver(night: Outgoing, settings: S3Settings, lists: Path | None = None, erasures: str = "none") -> str:
    return object_storage.deliver(night, settings, lists, erasures)


def nights(storage: StorageServer) -> list[str]:
    """The nights that count: those with a manifest."""
    return [name.split("/")[-2] for name in storage.objects() if name.endswith("/_SUCCESS")]


class TestWhatArrives:
    def test_every_file_with_its_bytes(self, storage: StorageServer, settings: S3Settings, tonight: Outgoing) -> None:
        deliver(tonight, settings)
        found = storage.objects()
        sent = {f"{HOME}tables/{each.spec.name}.parquet": each.table.paths[0].read_bytes() for each in tonight.tables}
        assert {name: found[name] for name in sent} == sent
        assert set(found) == {*sent, f"{HOME}_SUCCESS", "huitou/CURRENT"}

    def test_a_file_reads_back_as_the_table(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        deliver(tonight, settings)
        read = pl.read_parquet(io.BytesIO(storage.objects()[f"{HOME}tables/customers.parquet"]))
        assert read.equals(tonight.tables[0].table.read())

    def test_the_manifest_names_bytes_hashes_and_rows(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        deliver(tonight, settings)
        found = storage.objects()
        told = json.loads(found[f"{HOME}_SUCCESS"])
        assert (told["as_of"], told["snapshot_id"]) == ("2026-04-01", "2026-04-01-a")
        assert {entry["name"]: entry["rows"] for entry in told["files"]} == {
            "tables/customers.parquet": 3,
            "tables/runs.parquet": 1,
            "tables/segment_changes.parquet": 0,
            "tables/segment_members.parquet": 1,
        }
        for entry in told["files"]:
            content = found[HOME + entry["name"]]
            assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())

    def test_current_points_to_the_night(self, storage: StorageServer, settings: S3Settings, tonight: Outgoing) -> None:
        deliver(tonight, settings)
        assert json.loads(storage.objects()["huitou/CURRENT"]) == {
            "as_of": "2026-04-01",
            "snapshot_id": "2026-04-01-a",
            "path": HOME,
        }

    def test_the_manifest_goes_last_and_then_current(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        deliver(tonight, settings)
        assert [path.rpartition("/")[2] for path in storage.puts()][-2:] == ["_SUCCESS", "CURRENT"]

    def test_lists_go_only_where_they_are_asked_for(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing, lists: Path
    ) -> None:
        deliver(tonight, settings)
        assert not any("lists/" in name for name in storage.objects())
        deliver(tonight, settings, lists)
        assert storage.objects()[f"{HOME}lists/for_tools/best.for_aliyun_sms.txt"] == b"13800000000\n"
        deliver(tonight, settings)
        assert not any("lists/" in name for name in storage.objects())

    @pytest.mark.parametrize("checksum", ["sha256", "md5"])
    def test_a_large_file_goes_in_parts(
        self, checksum: str, storage: StorageServer, settings: S3Settings, tonight: Outgoing, tmp_path: Path
    ) -> None:
        content = bytes(range(256)) * 4096 * 11 + b"tail"
        (tmp_path / "large").write_bytes(content)
        asked = settings.model_copy(update={"part_megabytes": 5, "checksum": checksum})
        digest = hashlib.sha256(content).hexdigest()
        object_storage.Bucket(asked).put_file("huitou/large", tmp_path / "large", digest)
        assert sum("partNumber" in path for path in storage.puts()) == 3
        assert storage.objects()["huitou/large"] == content

    @pytest.mark.parametrize(
        ("checksum", "there", "never"),
        [
            ("sha256", "x-amz-checksum-sha256", "x-amz-checksum-crc32"),
            ("md5", "content-md5", "x-amz-checksum-sha256"),
        ],
    )
    def test_every_object_carries_the_checksum_that_was_chosen(
        self,
        checksum: str,
        there: str,
        never: str,
        storage: StorageServer,
        settings: S3Settings,
        tonight: Outgoing,
    ) -> None:
        """And none is cut into chunks with a checksum behind, which OSS and others refuse."""
        deliver(tonight, settings.model_copy(update={"checksum": checksum}))
        puts = [
            headers for headers, (method, _) in zip(storage.headers, storage.requests, strict=True) if method == "PUT"
        ]
        assert len(puts) == 6
        assert all(there in headers for headers in puts)
        assert not any(headers & {never, "content-encoding", "x-amz-trailer"} for headers in puts)


class TestAgain:
    def test_the_same_night_is_not_sent_twice(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        first = deliver(tonight, settings)
        storage.requests.clear()
        second = deliver(tonight, settings)
        assert "4 of 4 files sent" in first
        assert "already, nothing was sent" in second
        assert not [request for request in storage.requests if request[0] not in {"GET", "HEAD"}]

    def test_a_delivery_that_broke_off_goes_on(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        storage.fault = lambda method, path, _: (403, b"") if method == "PUT" and "segment_members" in path else None
        with pytest.raises(DeliveryError, match="do not allow it"):
            deliver(tonight, settings)
        assert nights(storage) == []
        assert "huitou/CURRENT" not in storage.objects()
        storage.fault = lambda *_: None
        assert "1 of 4 files sent" in deliver(tonight, settings)
        assert nights(storage) == ["2026-04-01-a"]

    def test_an_object_that_somebody_changed_is_sent_again(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        deliver(tonight, settings)
        storage.client.put_object(Bucket=BUCKET, Key=f"{HOME}tables/customers.parquet", Body=b"x")
        storage.client.delete_object(Bucket=BUCKET, Key=f"{HOME}_SUCCESS")
        assert "1 of 4 files sent" in deliver(tonight, settings)

    def test_what_a_killed_delivery_left_is_swept(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        storage.client.create_multipart_upload(Bucket=BUCKET, Key=f"{HOME}tables/orders.parquet")
        storage.client.create_multipart_upload(Bucket=BUCKET, Key="other/product")
        deliver(tonight, settings)
        left = storage.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())
        assert [upload["Key"] for upload in left] == ["other/product"]


class TestOldNights:
    def test_only_the_newest_nights_stay(self, storage: StorageServer, settings: S3Settings, tmp_path: Path) -> None:
        storage.client.put_object(Bucket=BUCKET, Key="huitou/notes/mine/readme.txt", Body=b"mine")
        kept = settings.model_copy(update={"keep_nights": 2})
        for day in (1, 2, 3):
            deliver(april_night(tmp_path, day), kept)
        assert nights(storage) == ["2026-04-02-a", "2026-04-03-a"]
        assert "huitou/notes/mine/readme.txt" in storage.objects()
        assert not any("2026-04-01" in name for name in storage.objects())

    def test_a_night_made_again_replaces_the_first(
        self, storage: StorageServer, settings: S3Settings, tmp_path: Path
    ) -> None:
        deliver(april_night(tmp_path, 1), settings)
        deliver(april_night(tmp_path, 1, "b"), settings)
        assert nights(storage) == ["2026-04-01-b"]

    def test_the_night_that_was_put_back_stays_though_it_is_old(
        self, storage: StorageServer, settings: S3Settings, tmp_path: Path
    ) -> None:
        kept = settings.model_copy(update={"keep_nights": 1})
        for day in (1, 2, 1):
            deliver(april_night(tmp_path, day), kept)
        assert nights(storage) == ["2026-04-01-a", "2026-04-02-a"]
        assert json.loads(storage.objects()["huitou/CURRENT"])["snapshot_id"] == "2026-04-01-a"

    def test_nights_from_before_somebody_was_forgotten_go(
        self, storage: StorageServer, settings: S3Settings, tmp_path: Path
    ) -> None:
        deliver(april_night(tmp_path, 1), settings, erasures="none")
        deliver(april_night(tmp_path, 2), settings, erasures="one person")
        assert nights(storage) == ["2026-04-02-a"]

    def test_lists_of_older_nights_go_and_their_tables_stay(
        self, storage: StorageServer, settings: S3Settings, tmp_path: Path, lists: Path
    ) -> None:
        deliver(april_night(tmp_path, 1), settings, lists)
        deliver(april_night(tmp_path, 2), settings, lists)
        found = storage.objects()
        assert [name for name in found if "lists/" in name and "2026-04-01" in name] == []
        names = {entry["name"] for entry in json.loads(found[f"{HOME}_SUCCESS"])["files"]}
        assert names == {name.removeprefix(HOME) for name in found if name.startswith(HOME)} - {"_SUCCESS"}


class TestFailures:
    def test_a_busy_storage_is_asked_again(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        refused: list[str] = []

        def busy(method: str, path: str, _: bytes) -> tuple[int, bytes] | None:
            if method == "PUT" and path not in refused:
                refused.append(path)
                return 503, b"<Error><Code>SlowDown</Code></Error>"
            return None

        storage.fault = busy
        deliver(tonight, settings)
        assert len(refused) == 6
        assert nights(storage) == ["2026-04-01-a"]

    def test_a_storage_that_stays_busy_is_told(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        storage.fault = lambda *_: (503, b"<Error><Code>SlowDown</Code></Error>")
        with pytest.raises(DeliveryError, match="busy or stumbles"):
            deliver(tonight, settings)
        assert len(storage.requests) == settings.attempts

    def test_a_part_damaged_on_its_way_is_sent_again(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        """By storage that compares nothing itself, as this server does."""
        damaged: list[str] = []

        def damage(method: str, path: str, body: bytes) -> bytes | None:
            if method == "PUT" and "customers" in path and not damaged:
                damaged.append(path)
                return bytes([body[0] ^ 1]) + body[1:]
            return None

        storage.fault = damage
        deliver(tonight, settings.model_copy(update={"checksum": "md5"}))
        assert damaged
        assert sum("customers" in path for path in storage.puts()) == 2
        content = storage.objects()[f"{HOME}tables/customers.parquet"]
        assert content == tonight.tables[0].table.paths[0].read_bytes()

    def test_a_file_that_the_disk_changed_does_not_leave(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        path = tonight.tables[0].table.paths[0]
        content = bytearray(path.read_bytes())
        content[10] ^= 1
        path.write_bytes(content)
        with pytest.raises(DeliveryError, match="other bytes than its manifest says"):
            deliver(tonight, settings)
        assert not any("customers" in name for name in storage.objects())

    def test_a_large_file_that_the_disk_changed_is_given_up(
        self, storage: StorageServer, settings: S3Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "large").write_bytes(bytes(6 * 1024 * 1024))
        small_parts = settings.model_copy(update={"part_megabytes": 5})
        with pytest.raises(DeliveryError, match="other bytes"):
            object_storage.Bucket(small_parts).put_file("huitou/large", tmp_path / "large", "0" * 64)
        assert storage.objects() == {}
        assert "Uploads" not in storage.client.list_multipart_uploads(Bucket=BUCKET)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"bucket": "no-such-bucket"}, "the bucket does not exist"),
            ({"endpoint_url": "http://127.0.0.1:1"}, "cannot be reached"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, change: dict[str, Any], told: str, storage: StorageServer, settings: S3Settings, tonight: Outgoing
    ) -> None:
        with pytest.raises(DeliveryError, match=told):
            deliver(tonight, settings.model_copy(update=change))

    def test_no_credentials_are_told_and_none_is_shown(
        self, storage: StorageServer, settings: S3Settings, tonight: Outgoing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        with pytest.raises(DeliveryError, match="no credentials") as caught:
            deliver(tonight, settings)
        assert "Hunter2" not in str(caught.value)
