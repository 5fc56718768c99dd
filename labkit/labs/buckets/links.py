"""Addresses of objects, as a student hands them on: whether they are signed, by whom, for what and for how long.

Source: https://cloud.google.com/storage/docs/authentication/canonical-requests
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

HOST = "storage.googleapis.com"


@dataclass(frozen=True)
class Link:
    """`path` is "/bucket/object" on Cloud Storage, and empty elsewhere; `plain` is the address without its query.

    `signer` is the account that signed, empty where nobody did; `seconds` is 0 where the link does not say how long.
    """

    text: str
    scheme: str
    path: str
    plain: str
    signer: str
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Link:
        """Any text is some link; the bucket may be the first part of the path, or of the host's name."""
        parts = urlsplit(text)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        if parts.netloc.endswith(f".{HOST}"):
            path = f"/{parts.netloc.removesuffix(f'.{HOST}')}{path}"
        elif parts.netloc != HOST:
            path = ""
        seconds = query.get("X-Goog-Expires", "")
        return cls(
            text=text,
            scheme=parts.scheme,
            path=path,
            plain=parts._replace(query="", fragment="").geturl(),
            signer=query.get("X-Goog-Credential", "").partition("/")[0] if "X-Goog-Signature" in query else "",
            seconds=int(seconds) if seconds.isdecimal() else 0,
        )
