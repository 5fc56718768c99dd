"""Cloud Storage's JSON API without a client library: none that repeats what failed, none that waits."""

import contextlib
import http.client
import json
import ssl
from urllib.parse import urlsplit

from labkit.localcloud.daemon import Daemon
from labkit.localcloud.record import ServerRecord

QUANTUM = 256 * 1024  # the smallest chunk of a resumable upload

_BUCKET = "durability"


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Link:
    """One connection, and a bucket on it."""

    def __init__(self, daemon: Daemon, record: ServerRecord) -> None:
        tls = ssl.create_default_context(cafile=str(daemon.home / "tls" / "bundle.pem"))
        self._connection = http.client.HTTPSConnection("127.0.0.1", record.port, context=tls)
        self._connection.set_tunnel("storage.googleapis.com", 443)
        self._token = _token(record.port)
        self._project = daemon.project

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def create_bucket(self) -> None:
        """Without soft delete, so that what is deleted is gone."""
        bucket = {"name": _BUCKET, "softDeletePolicy": {"retentionDurationSeconds": "0"}}
        self.call("POST", f"/storage/v1/b?project={self._project}", json.dumps(bucket).encode())

    def names(self) -> set[str]:
        """Of all objects; there are never more than fit on a page."""
        return {item["name"] for item in json.loads(self.call("GET", f"/storage/v1/b/{_BUCKET}/o")[1]).get("items", ())}

    def read(self, name: str) -> bytes:
        return self.call("GET", f"/download/storage/v1/b/{_BUCKET}/o/{name}?alt=media")[1]

    def write(self, name: str, data: bytes | None) -> None:
        """None deletes. What is longer than a chunk of a resumable upload goes up in such chunks."""
        if data is None:
            self.call("DELETE", f"/storage/v1/b/{_BUCKET}/o/{name}")
        elif len(data) <= QUANTUM:
            self.call("POST", f"/upload/storage/v1/b/{_BUCKET}/o?uploadType=media&name={name}", data)
        else:
            self._upload_in_chunks(name, data)

    def _upload_in_chunks(self, name: str, data: bytes) -> None:
        path = f"/upload/storage/v1/b/{_BUCKET}/o?uploadType=resumable&name={name}"
        uri = urlsplit(self.call("POST", path, json.dumps({"name": name}).encode())[0].headers["location"])
        for first in range(0, len(data), QUANTUM):
            piece = data[first : first + QUANTUM]
            span = f"bytes {first}-{first + len(piece) - 1}/{len(data)}"
            self.call("PUT", f"{uri.path}?{uri.query}", piece, span)

    def call(self, verb: str, path: str, body: bytes = b"", span: str = "") -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        self._connection.request(verb, path, body, {**headers, "content-range": span} if span else headers)
        reply = self._connection.getresponse()
        data = reply.read()
        if reply.status not in {200, 204, 308}:
            raise RefusedError(reply.status, f"{verb} {path} was answered {reply.status}: {data[:300]!r}")
        return reply, data


def _token(port: int) -> str:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        path = "/computeMetadata/v1/instance/service-accounts/default/token"
        connection.request("GET", path, headers={"Metadata-Flavor": "Google"})
        return json.loads(connection.getresponse().read())["access_token"]
