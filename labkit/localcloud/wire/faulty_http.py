"""Plays the faults of `core.faults` on HTTP, at the server's edge: no service knows of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labkit.localcloud.core.faults import Due, Exchange, Fault, Faults, Kind
from labkit.localcloud.wire.connection import Connection
from labkit.localcloud.wire.request import raw_path

# Which client library test a request belongs to: https://github.com/googleapis/storage-testbench
TEST_ID_HEADER = "x-retry-test-id"

_FIRST_BYTE = re.compile(r"bytes (\d+)-")


@dataclass(frozen=True)
class MethodName:
    """A call as its API's documentation names it, and the resource it is about."""

    service: str
    method: str
    resource: str


# Verb, host and raw path to the method that serves them, if there is one.
Naming = Callable[[str, str, str], MethodName | None]


class FaultyHttp:
    """An ASGI application around another one."""

    def __init__(self, application: ASGIApp, faults: Faults, naming: Naming) -> None:
        self._application = application
        self._faults = faults
        self._naming = naming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        due = self._due(scope) if self._faults.scripts else None
        if due is None:
            await self._application(scope, receive, send)
            return
        await asyncio.sleep(due.fault.delay)
        await _PLAYERS[due.fault.kind](self._application, due, scope, receive, send)

    def _due(self, scope: Scope) -> Due | None:
        request = Request(scope)
        host = request.headers.get("host", "").partition(":")[0].lower()
        name = self._naming(request.method, host, raw_path(request))
        if name is None:
            return None
        test_id = request.headers.get(TEST_ID_HEADER, "")
        return self._faults.due(Exchange(name.service, name.method, name.resource, test_id))


async def _delay(application: ASGIApp, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
    due.take()
    await application(scope, receive, send)


async def _error(application: ASGIApp, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
    upload = _Upload(due, scope, receive, send)
    if due.fault.after_bytes:
        await application(scope, upload.receive, upload.send)
        struck = upload.struck
    else:
        struck = due.take()
        if not struck:
            await application(scope, receive, send)
    if struck:
        await _answer(due.fault, send)


async def _reset(application: ASGIApp, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
    if due.take():
        await Connection.of(scope).reset(receive)
    else:
        await application(scope, receive, send)


async def _lost_reply(application: ASGIApp, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
    if due.take():
        await application(scope, receive, _discard)
        await Connection.of(scope).reset(receive)
    else:
        await application(scope, receive, send)


async def _broken_stream(application: ASGIApp, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
    download = _Download(due, send)
    await application(scope, receive, download.send)
    if download.struck:
        await Connection.of(scope).end(receive)


_PLAYERS = {
    Kind.ERROR: _error,
    Kind.RESET: _reset,
    Kind.BROKEN_STREAM: _broken_stream,
    Kind.LOST_REPLY: _lost_reply,
    Kind.DELAY: _delay,
}


class _Upload:
    """Lets a number of bytes through, counted from the upload's first; then the client is gone, for the application."""

    def __init__(self, due: Due, scope: Scope, receive: Receive, send: Send) -> None:
        first = _FIRST_BYTE.match(Request(scope).headers.get("content-range", ""))
        self._left = due.fault.after_bytes - (int(first[1]) if first else 0)
        self._due = due
        self._receive = receive
        self._send = send
        self.struck = False

    async def receive(self) -> Message:
        if self.struck:
            return {"type": "http.disconnect"}
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if 0 < self._left <= len(body) and self._due.take():
            self.struck = True
            return {"type": "http.request", "body": body[: self._left], "more_body": True}
        self._left -= len(body)
        return message

    async def send(self, message: Message) -> None:
        if not self.struck:
            await self._send(message)


class _Download:
    """Lets a number of a reply's bytes through, and nothing after them."""

    def __init__(self, due: Due, send: Send) -> None:
        self._left = max(1, due.fault.after_bytes)
        self._due = due
        self._send = send
        self.struck = False

    async def send(self, message: Message) -> None:
        if self.struck:
            return
        body: bytes = message.get("body", b"")
        if self._left <= len(body) and self._due.take():
            self.struck = True
            await self._send({"type": "http.response.body", "body": body[: self._left], "more_body": True})
            return
        self._left -= len(body)
        await self._send(message)


async def _discard(message: Message) -> None:
    pass


async def _answer(fault: Fault, send: Send) -> None:
    """In a shape that both kinds of Google's clients read: those of the JSON APIs and those of the newer ones."""
    item: dict[str, Any] = {"message": fault.message, "domain": "global", "reason": "backendError"}
    error: dict[str, Any] = {"code": fault.status, "message": fault.message, "errors": [item]}
    if not fault.http:
        error["status"] = fault.code.name
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
