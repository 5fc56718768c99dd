"""Which host names are Google's, and so never leave this machine."""

from __future__ import annotations

import re

_GOOGLE = re.compile(
    r"(?:^|\.)(?:googleapis\.com|run\.app|cloudfunctions\.net|pkg\.dev|gcr\.io|vertexai\.goog|google\.internal"
    r"|notebooks\.googleusercontent\.com)$|^(?:accounts|www|console\.cloud|console\.developers)\.google\.com$"
)


def is_googles(host: str) -> bool:
    """True for a host that the local cloud answers for."""
    return _GOOGLE.search(host.lower()) is not None
