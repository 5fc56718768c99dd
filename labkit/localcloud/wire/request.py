"""What the transcoded and the hand-routed APIs both read off an HTTP request."""

from __future__ import annotations

import re

from starlette.requests import Request

from labkit.localcloud.errors import ApiError, Code

# apitools, under gcloud and gsutil, retries 5xx for half a minute; what is not written will not be by then.
_RETRIES_5XX = re.compile("gcloud|apitools|gsutil", re.IGNORECASE)


def raw_path(request: Request) -> str:
    """The path as it came: still percent-encoded, without its query."""
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")


def is_retried_in_vain(request: Request, error: ApiError) -> bool:
    """True where the client would repeat a call to what is not written: it is then told 400 and not 501."""
    return error.code is Code.UNIMPLEMENTED and bool(_RETRIES_5XX.search(request.headers.get("user-agent", "")))
