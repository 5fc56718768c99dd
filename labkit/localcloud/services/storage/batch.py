"""Up to 100 calls of the JSON API in one request.

Source: https://cloud.google.com/storage/docs/batch
"""

from __future__ import annotations

import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.arriving import document

_HOST = "storage.googleapis.com"
_PATH = "/batch/storage/v1"
_MOST_CALLS = 100
_BOUNDARY = "batch_labkit"
_END = "\r\n"


class JsonApi(Protocol):
    """What answers the calls: the same that answers each by itself."""

    async def respond(self, request: Request) -> Response: ...

    def refuse(self, request: Request, error: ApiError) -> Response: ...


@dataclass(frozen=True)
class _Call:
    """One part of a batch. `content_id` is what the client calls it, empty where it does not."""

    content_id: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Answer:
    """What came of a call."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class BatchApi:
    """Makes the calls one after the other, each for the caller of the batch unless it brings a token of its own."""

    title = "storage.googleapis.com (batches)"
    stored: tuple[str, ...] = ()
    calls = (f"POST {_PATH}",)

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    def serves(self, host: str, path: str) -> bool:
        return host == _HOST and path.rstrip("/") == _PATH

    async def respond(self, request: Request) -> Response:
        calls = _calls(request.headers.get("content-type", ""), await document(request))
        parts = [_part(call, await self._answer(request, call)) for call in calls]
        content = b"".join(parts) + f"--{_BOUNDARY}--{_END}".encode()
        return Response(content, media_type=f"multipart/mixed; boundary={_BOUNDARY}")

    def refuse(self, request: Request, error: ApiError) -> Response:
        return self._api.refuse(request, error)

    async def _answer(self, batch: Request, call: _Call) -> _Answer:
        request = Request(_scope(batch, call), _receiver(call.body))
        try:
            _check(call)
            response = await self._api.respond(request)
        except Exception as error:  # noqa: BLE001 - what fails one call must not fail the others.
            response = self._api.refuse(request, as_api_error(error))
        return await _collected(response, request)


def _calls(content_type: str, data: bytes) -> list[_Call]:
    head = f"Content-Type: {content_type}{_END}{_END}".encode()
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + data)
    if not message.is_multipart():
        raise ApiError.invalid("Failed to parse batch request, error: the body is not multipart/mixed.")
    parts = list(message.iter_parts())
    if len(parts) > _MOST_CALLS:
        raise ApiError.invalid(f"The batch request has {len(parts)} calls; at most {_MOST_CALLS} are allowed.")
    return [_call(part.get("content-id", ""), part.get_content()) for part in parts]


def _call(content_id: str, data: bytes) -> _Call:
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *lines = head.decode("latin-1").strip().split("\n")
    words = first.split(" ")
    if len(words) < 2:
        raise ApiError.invalid(f"Failed to parse batch request, error: '{first}' is no request line.")
    url = urlsplit(words[1])
    headers = dict(line.split(":", 1) for line in lines if ":" in line)
    return _Call(
        content_id,
        words[0].upper(),
        f"{url.path}?{url.query}",
        {name.strip().lower(): value.strip() for name, value in headers.items()},
        body,
    )


def _check(call: _Call) -> None:
    # https://cloud.google.com/storage/docs/batch#overview: neither uploads nor downloads.
    path, _, query = call.target.partition("?")
    if not path.startswith("/storage/v1/") or "alt=media" in query:
        raise ApiError.invalid(f"A batch cannot hold {call.method} {call.target}: no uploads, downloads or batches.")


def _scope(batch: Request, call: _Call) -> Scope:
    path, _, query = call.target.partition("?")
    inherited = {name: batch.headers[name] for name in ("authorization", "host", "user-agent") if name in batch.headers}
    headers = {**inherited, **call.headers, "content-length": str(len(call.body))}
    return {
        **batch.scope,
        "method": call.method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }


def _receiver(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _collected(response: Response, request: Request) -> _Answer:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await response(request.scope, request.receive, send)
    start, *bodies = messages
    return _Answer(start["status"], start["headers"], b"".join(message.get("body", b"") for message in bodies))


def _part(call: _Call, answer: _Answer) -> bytes:
    lines = [f"--{_BOUNDARY}", "Content-Type: application/http"]
    if call.content_id:
        lines.append(f"Content-ID: <response-{call.content_id.strip().removeprefix('<').removesuffix('>')}>")
    lines += ["", f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name.decode('latin-1').title()}: {value.decode('latin-1')}" for name, value in answer.headers]
    return _END.join(lines).encode("latin-1") + f"{_END}{_END}".encode() + answer.body + _END.encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
