"""Lets a client delete on a full disk, which is how it makes room again."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from labkit.localcloud.core.ballast import Ballast

_BATCHES = b"/batch/"  # Cloud Storage's calls of many in one, deletions among them.


class RoomToDelete:
    """An ASGI application around another one."""

    def __init__(self, application: ASGIApp, ballast: Ballast) -> None:
        self._application = application
        self._ballast = ballast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "DELETE" or scope["raw_path"].startswith(_BATCHES):
            with self._ballast.room():
                await self._application(scope, receive, send)
        else:
            await self._application(scope, receive, send)
