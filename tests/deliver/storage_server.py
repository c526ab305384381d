"""A real S3 server of the tests' own on a free port of this machine, behind a door that can stumble or damage."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "shop-nights"
Fault = Callable[[str, str, bytes], tuple[int, bytes] | bytes | None]
"""What becomes of a request (method, path, body): an answer instead of one (status, body), another body, or nothing."""


@dataclass
class StorageServer:
    """The server, the requests that came through its door with names of their headers, and the fault of the test."""

    direct: str
    door: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[set[str]] = field(default_factory=list)
    fault: Fault = lambda _method, _path, _body: None

    @property
    def client(self) -> Any:
        """A client that goes straight to the server."""
        return boto3.client("s3", endpoint_url=self.direct, region_name="us-east-1")

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket, by name."""
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {each["Key"]: self.client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed}

    def puts(self) -> list[str]:
        """Names of the objects and parts that were sent through the door."""
        return [path for method, path in self.requests if method == "PUT"]

    def clear(self) -> None:
        """An empty bucket and a door without faults."""
        for name in self.objects():
            self.client.delete_object(Bucket=BUCKET, Key=name)
        for upload in self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()):
            self.client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
        self.requests.clear()
        self.headers.clear()
        self.fault = lambda _method, _path, _body: None


@contextmanager
def running_storage() -> Iterator[StorageServer]:
    """The server and its door for as long as the block lasts. AWS credentials must be in the environment."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    server = StorageServer(f"http://{host}:{port}")
    server.client.create_bucket(Bucket=BUCKET)
    door = ThreadingHTTPServer(("127.0.0.1", 0), type("DoorOfTest", (Door,), {"storage": server}))
    threading.Thread(target=door.serve_forever, daemon=True).start()
    server.door = f"http://127.0.0.1:{door.server_address[1]}"
    try:
        yield server
    finally:
        door.shutdown()
        door.server_close()
        moto.stop()


class Door(BaseHTTPRequestHandler):
    """Passes requests on to the server, as the fault of the test lets it."""

    protocol_version = "HTTP/1.1"
    storage: ClassVar[StorageServer]

    def pass_on(self) -> None:
        """Any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.storage.requests.append((self.command, self.path))
        self.storage.headers.append({name.lower() for name in self.headers})
        met = self.storage.fault(self.command, self.path, body)
        if isinstance(met, tuple):
            self._answer(met[0], [], met[1])
            return
        onward = http.client.HTTPConnection(urlsplit(self.storage.direct).netloc)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        onward.request(self.command, self.path, body if met is None else met, headers)
        answer = onward.getresponse()
        self._answer(answer.status, answer.getheaders(), answer.read())
        onward.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Of an answer without a body (HEAD) the length is what the server says."""
        is_head = self.command == "HEAD"
        dropped = {"transfer-encoding", "connection"} | (set() if is_head else {"content-length"})
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in dropped:
                self.send_header(name, value)
        if not is_head:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if is_head else body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests read `requests`."""


for _method in ("GET", "PUT", "POST", "DELETE", "HEAD"):
    setattr(Door, f"do_{_method}", Door.pass_on)
