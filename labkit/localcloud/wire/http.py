"""HTTP: REST calls transcoded by Google's own rules, hand-routed APIs, and what the loopback address itself serves."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.hosts import is_googles
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.wire import transcode
from labkit.localcloud.wire.refusal import rest_refusal
from labkit.localcloud.wire.request import raw_path

# Google's front end refuses larger JSON calls with these words; uploads have routes of their own.
_LARGEST_BODY = 10 * 1024 * 1024


class HttpTransport:
    """An ASGI application that picks the API by the Host header."""

    def __init__(
        self, registry: Registry, dispatcher: Dispatcher, hand_routed: Sequence[HandRouted], loopback: ASGIApp
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._hand_routed = hand_routed
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        host = request.headers.get("host", "").partition(":")[0].lower()
        if host in LOOPBACK_NAMES:
            await self._loopback(scope, receive, send)
            return
        if not is_googles(host):
            # A page that bound its own name to this address would ask under that name.
            response = _refusal(403, f"The local cloud does not answer for the host {host!r}.", "PERMISSION_DENIED")
        elif _from_a_web_page(request):
            response = _refusal(403, "The local cloud answers programs, not web pages.", "PERMISSION_DENIED")
        else:
            response = await self._answer(request, host)
        await response(scope, receive, send)

    async def _answer(self, request: Request, host: str) -> Response:
        path = raw_path(request)
        for api in self._hand_routed:
            if api.serves(host, path):
                return await self._respond_by_hand(api, request)
        return await self._respond(request, host)

    async def _respond_by_hand(self, api: HandRouted, request: Request) -> Response:
        try:
            return await api.respond(request)
        except Exception as error:  # noqa: BLE001 - the one place where an error becomes a reply.
            return api.refuse(request, as_api_error(error))

    async def _respond(self, request: Request, host: str) -> Response:
        domain = host
        try:
            verb = request.headers.get("x-http-method-override", request.method)
            found = self._registry.route(verb, host, raw_path(request))
            if found is None:
                raise ApiError.not_found(f"The local cloud has no method {verb} https://{host}{raw_path(request)}.")
            method, binding, variables = found
            domain = method.api.host
            query = _query(request)
            message = transcode.decode(
                method, binding, variables, query, await _body(request), request.headers.get("content-type", "")
            )
            reply = await self._dispatcher.call(
                method, message, authorization=request.headers.get("authorization", ""), host=host
            )
            # Google's Python clients send $alt=json;enum-encoding=int.
            enums_as_ints = any("enum-encoding=int" in value for value in query.get("$alt", ()))
            content, content_type = transcode.encode(method, reply.message, enums_as_ints=enums_as_ints)
            return Response(content, headers=reply.headers, media_type=content_type)
        except Exception as error:  # noqa: BLE001 - the one place where an error becomes a reply.
            return rest_refusal(self._registry, request, as_api_error(error), domain)


# Names of the machine itself: they reach the metadata server and the administration of this cloud, never an API.
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "metadata.google.internal", "metadata", "169.254.169.254"})


def _from_a_web_page(request: Request) -> bool:
    # No Google client sends these; a browser adds them to what a foreign page asks of us.
    return "origin" in request.headers or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


def _query(request: Request) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    return query


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_BODY:
                raise ApiError.invalid(f"Request payload size exceeds the limit: {_LARGEST_BODY} bytes.")
    except ClientDisconnect as error:
        raise ApiError(Code.CANCELLED, "The client closed the connection before the end of its request.") from error
    return bytes(body)


def _refusal(http: int, message: str, status: str) -> Response:
    return Response(
        json.dumps({"error": {"code": http, "message": message, "status": status}}), http, media_type="application/json"
    )
