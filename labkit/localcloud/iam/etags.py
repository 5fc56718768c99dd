"""The etags of IAM: one for each state that a policy or a role has been in."""

from __future__ import annotations

from datetime import datetime

# A byte, then microseconds since 1970 in seven: so it begins with "Bw" in JSON, as Google's do.
_MARK = b"\x07"


def next_etag(current: bytes, now: datetime) -> bytes:
    """An etag after `current`: a clock that stands still, or is set back, must not make an old one valid again."""
    last = int.from_bytes(current[1:], "big") if current.startswith(_MARK) else 0
    return _MARK + max(int(now.timestamp() * 1_000_000), last + 1).to_bytes(7, "big")
