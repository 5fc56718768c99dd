"""The two clients of the comparison: Google's, which is what a lab feels, and one with almost no cost of its own."""

import http.client
import io
import json
from typing import Protocol
from urllib.parse import quote, urlsplit

from tests.bench.peers.servers import Server


class Client(Protocol):
    """For one thread."""

    def create_bucket(self, bucket: str) -> None: ...

    def upload(self, bucket: str, name: str, data: bytes) -> None:
        """In one request, or as near to it as the client will."""

    def upload_in_chunks(self, bucket: str, name: str, data: bytes, chunk: int) -> None: ...

    def download(self, bucket: str, name: str) -> int:
        """The number of bytes that came."""

    def count(self, bucket: str) -> int:
        """The number of objects in all pages of the list."""


class GoogleClient:
    """google-cloud-storage as it is; it verifies the checksum of what it downloads."""

    def __init__(self, server: Server) -> None:
        self._client = server.client()

    def create_bucket(self, bucket: str) -> None:
        self._client.create_bucket(bucket)

    def upload(self, bucket: str, name: str, data: bytes) -> None:
        self._client.bucket(bucket).blob(name).upload_from_string(data)

    def upload_in_chunks(self, bucket: str, name: str, data: bytes, chunk: int) -> None:
        self._client.bucket(bucket).blob(name, chunk_size=chunk).upload_from_file(io.BytesIO(data), size=len(data))

    def download(self, bucket: str, name: str) -> int:
        return len(self._client.bucket(bucket).blob(name).download_as_bytes())

    def count(self, bucket: str) -> int:
        return sum(1 for _ in self._client.list_blobs(bucket))


class ThinClient:
    """http.client on one kept connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = server.connect()

    def create_bucket(self, bucket: str) -> None:
        self._call("POST", "/storage/v1/b?project=labkit-student", json.dumps({"name": bucket}).encode())

    def upload(self, bucket: str, name: str, data: bytes) -> None:
        self._call("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(name, safe='')}", data)

    def upload_in_chunks(self, bucket: str, name: str, data: bytes, chunk: int) -> None:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={quote(name, safe='')}"
        reply, _ = self._call("POST", path, json.dumps({"name": name}).encode())
        location = urlsplit(reply.headers["location"])
        for first in range(0, len(data), chunk):
            piece = data[first : first + chunk]
            span = f"bytes {first}-{first + len(piece) - 1}/{len(data)}"
            self._call("PUT", f"{location.path}?{location.query}", piece, {"content-range": span})

    def download(self, bucket: str, name: str) -> int:
        path = f"/download/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"
        return len(self._call("GET", path)[1])

    def count(self, bucket: str) -> int:
        found, token = 0, ""
        while True:
            page = json.loads(self._call("GET", f"/storage/v1/b/{bucket}/o?maxResults=1000&pageToken={token}")[1])
            found += len(page.get("items", ()))
            token = quote(page.get("nextPageToken", ""), safe="")
            if not token:
                return found

    def _call(
        self, verb: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        sent = {"content-type": "application/octet-stream", **self._server.headers, **(headers or {})}
        if verb == "POST" and "uploadType=media" not in path:
            sent["content-type"] = "application/json"
        self._connection.request(verb, path, body or None, sent)
        reply = self._connection.getresponse()
        data = reply.read()
        if reply.status not in {200, 308}:
            raise RuntimeError(f"{self._server.name}: {verb} {path} was answered {reply.status}: {data[:500]!r}")
        return reply, data
