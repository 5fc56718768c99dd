"""An API whose HTTP surface is in no proto, so its routes are written by hand: Cloud Storage's JSON API is one."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError


class HandRouted(Protocol):
    """What the HTTP transport needs of such an API. It authenticates first; `respond` never sees an anonymous call."""

    hosts: frozenset[str]

    @property
    def calls(self) -> tuple[str, ...]:
        """What is written, for the support table: a verb and a path each."""
        ...

    async def respond(self, request: Request, principal: Principal) -> Response:
        """Answer, or raise ApiError."""
        ...

    def refuse(self, request: Request, error: ApiError) -> Response:
        """An error in this API's own shape."""
        ...
