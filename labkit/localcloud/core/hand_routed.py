"""An API whose HTTP surface is in no proto, so its routes are written by hand: Cloud Storage's JSON API is one."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.errors import ApiError


class HandRouted(Protocol):
    """What the HTTP transport needs of such an API.

    It authenticates its callers itself: some of these APIs know anonymous ones, and URLs that are signed.
    """

    @property
    def title(self) -> str:
        """Host and name, for the support table: "storage.googleapis.com (JSON API)"."""
        ...

    @property
    def calls(self) -> tuple[str, ...]:
        """What is written, for the support table: a verb and a path each."""
        ...

    @property
    def stored(self) -> tuple[str, ...]:
        """Those of `calls` that only keep what they are given: `core.tier`."""
        ...

    def serves(self, host: str, path: str) -> bool:
        """Whether a request to this host and raw path is this API's."""
        ...

    async def respond(self, request: Request) -> Response:
        """Answer, or raise ApiError."""
        ...

    def refuse(self, request: Request, error: ApiError) -> Response:
        """An error in this API's own shape."""
        ...
