"""Which bucket and object a request of the XML API is about.

Source: https://cloud.google.com/storage/docs/request-endpoints#xml-api
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from labkit.localcloud.services.storage.names import Address

HOST = "storage.googleapis.com"


@dataclass(frozen=True)
class Target:
    """`storage.googleapis.com/bucket/name` or `bucket.storage.googleapis.com/name`; both may be empty."""

    bucket: str
    name: str

    @classmethod
    def of(cls, host: str, raw_path: str) -> Target:
        """From a host without its port and a path as it came, percent-encoded."""
        bucket = host.removesuffix(HOST).rstrip(".")
        path = unquote(raw_path.removeprefix("/"))
        if not bucket:
            bucket, _, path = path.partition("/")
        return cls(bucket, path)

    @property
    def address(self) -> Address:
        return Address(self.bucket, self.name)


def serves(host: str) -> bool:
    """Whether a host is Cloud Storage's, or a bucket's at Cloud Storage."""
    return host == HOST or host.endswith(f".{HOST}")
