"""One bucket of S3-compatible storage: objects put whole and checked, read, listed and deleted, tried again when busy.

Every part carries a checksum that the storage compares before it takes the part, and its answer is compared once more
here. Credentials come from the standard environment (AWS_ACCESS_KEY_ID …, a profile, a role). Which objects make up
a night belongs to `pipeline.deliver.object_storage`, errors to `pipeline.deliver.bucket_errors`.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import tenacity
from botocore.config import Config

from pipeline.deliver.bucket_errors import WHERE, BusyError, translated, unless_absent
from pipeline.delivery_settings import S3Settings
from pipeline.errors import DeliveryError

MEGABYTE = 1024 * 1024
MOST_PARTS = 10_000
"""S3 takes no more parts in one object."""
WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30
T = TypeVar("T")


@dataclass(frozen=True)
class Stored:
    """What the storage says of an object."""

    byte_count: int
    sha256: str | None


class Bucket:
    """The bucket of the settings. Every method raises DeliveryError where the storage does not do it in the end."""

    def __init__(self, settings: S3Settings) -> None:
        self.settings = settings
        config = Config(
            connect_timeout=settings.timeout_seconds,
            read_timeout=settings.timeout_seconds,
            retries={"total_max_attempts": 1},  # tried again here, where a damaged part is seen too
            s3={"addressing_style": settings.addressing},
            request_checksum_calculation="when_required",  # we send our own; other storage refuses the library's
            response_checksum_validation="when_required",
        )
        with translated():
            session = boto3.session.Session(region_name=settings.region)
            self.client: Any = session.client("s3", endpoint_url=settings.endpoint_url, config=config)

    def put(self, key: str, content: bytes) -> None:
        """Store a small object whole; its SHA-256 goes with it."""
        about = {"sha256": hashlib.sha256(content).hexdigest()}
        self._send(content, lambda seal: self.client.put_object(**self._at(key), Body=content, Metadata=about, **seal))

    def put_file(self, key: str, path: Path, sha256: str) -> None:
        """Store a file, in parts where it is large; it is there whole or not at all.

        Raises DeliveryError where its bytes are not those of `sha256`, before they count.
        """
        size = path.stat().st_size
        part = max(self.settings.part_megabytes * MEGABYTE, -(-size // MOST_PARTS))
        if size > part:
            self._put_parts(key, path, sha256, part)
        else:
            content = path.read_bytes()
            _check_same(hashlib.sha256(content).hexdigest(), sha256, path)
            self.put(key, content)
        if self.look(key) != Stored(size, sha256):
            raise DeliveryError(f"{path.name} is not in the bucket as it was sent", where=WHERE, remedy="Run again.")

    def _put_parts(self, key: str, path: Path, sha256: str, part: int) -> None:
        kind = {"ChecksumAlgorithm": "SHA256"} if self.settings.checksum == "sha256" else {}
        begun = self._try(
            lambda: self.client.create_multipart_upload(**self._at(key), Metadata={"sha256": sha256}, **kind)
        )
        upload = self._at(key) | {"UploadId": begun["UploadId"]}
        try:
            digest = hashlib.sha256()
            parts = []
            for number, content in enumerate(_pieces(path, part), start=1):
                digest.update(content)
                parts.append(self._put_part(upload, number, content))
            _check_same(digest.hexdigest(), sha256, path)
            finish = {**upload, "MultipartUpload": {"Parts": parts}}
            # a second try finds no upload where only the answer of the first was lost
            self._try(lambda: unless_absent(lambda: self.client.complete_multipart_upload(**finish)))
        except DeliveryError:
            self._abort(upload)
            raise

    def _put_part(self, upload: dict[str, Any], number: int, content: bytes) -> dict[str, Any]:
        answer = self._send(
            content, lambda seal: self.client.upload_part(**upload, PartNumber=number, Body=content, **seal)
        )
        seal = self._seal(content) if self.settings.checksum == "sha256" else {}
        return {"PartNumber": number, "ETag": answer["ETag"], **seal}

    def _seal(self, content: bytes) -> dict[str, str]:
        """The checksum that goes with some bytes; the storage refuses them where it does not fit."""
        if self.settings.checksum == "sha256":
            return {"ChecksumSHA256": b64encode(hashlib.sha256(content).digest()).decode()}
        return {"ContentMD5": b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()}

    def _send(self, content: bytes, send: Callable[[dict[str, str]], Any]) -> Any:
        """Send bytes with their checksum, and compare what the storage says that it got."""

        def checked() -> Any:
            seal = self._seal(content)
            answer = send(seal)
            if self.settings.checksum == "sha256":
                is_same = answer.get("ChecksumSHA256", seal["ChecksumSHA256"]) == seal["ChecksumSHA256"]
            else:
                is_same = answer["ETag"].strip('"').lower() == hashlib.md5(content, usedforsecurity=False).hexdigest()
            if not is_same:
                raise BusyError("a part was damaged on its way", where=WHERE, remedy="Check the network; run again.")
            return answer

        return self._try(checked)

    def _abort(self, upload: dict[str, Any]) -> None:
        """Give up an upload in parts; what cannot be given up now is swept by the next delivery."""
        try:
            with translated():
                self.client.abort_multipart_upload(**upload)
        except DeliveryError:
            return

    def look(self, key: str) -> Stored | None:
        """Size and SHA-256 of an object; None where there is none."""
        found = self._try(lambda: unless_absent(lambda: self.client.head_object(**self._at(key))))
        return Stored(found["ContentLength"], found["Metadata"].get("sha256")) if found else None

    def read(self, key: str) -> bytes | None:
        """The content of a small object; None where there is none."""

        def fetch() -> bytes | None:
            found = unless_absent(lambda: self.client.get_object(**self._at(key)))
            return bytes(found["Body"].read()) if found else None

        return self._try(fetch)

    def keys(self, prefix: str) -> list[str]:
        """The names of all objects below a prefix."""
        return [entry["Key"] for page in self._pages("list_objects_v2", prefix) for entry in page.get("Contents", ())]

    def folders(self, prefix: str) -> list[str]:
        """The prefixes one level below a prefix that ends in a slash."""
        pages = self._pages("list_objects_v2", prefix, Delimiter="/")
        return [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        self._try(lambda: self.client.delete_object(**self._at(key)))

    def sweep(self, prefix: str) -> int:
        """Give up uploads in parts that a killed delivery left below a prefix; how many there were."""
        left = [each for page in self._pages("list_multipart_uploads", prefix) for each in page.get("Uploads", ())]
        for entry in left:
            self._abort(self._at(entry["Key"]) | {"UploadId": entry["UploadId"]})
        return len(left)

    def _pages(self, method: str, prefix: str, **more: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator(method)
        return self._try(lambda: list(pages.paginate(Bucket=self.settings.bucket, Prefix=prefix, **more)))

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.settings.bucket, "Key": key}

    def _try(self, call: Callable[[], T]) -> T:
        """One request, again after growing waits while the storage is busy."""

        def told() -> T:
            with translated():
                return call()

        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(BusyError),
            stop=tenacity.stop_after_attempt(self.settings.attempts),
            wait=tenacity.wait_exponential(multiplier=WAIT_SECONDS, max=LONGEST_WAIT_SECONDS),
            reraise=True,
        )
        return again(told)


def _pieces(path: Path, part: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while content := file.read(part):
            yield content


def _check_same(found: str, sealed: str, path: Path) -> None:
    """What leaves the house is what was sealed: a file that the disk has changed since stays here."""
    if found != sealed:
        raise DeliveryError(
            f"{path.name} has other bytes than its manifest says", where=WHERE, remedy="Run `huitou verify`."
        )
