"""What the listening address itself serves: the metadata server, and the administration of this cloud."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from labkit.localcloud.edge.fault_scripts import FaultScripts
from labkit.localcloud.edge.identities import Identities
from labkit.localcloud.edge.metadata import MetadataServer
from labkit.localcloud.record import SECRET_HEADER


class Loopback:
    """An ASGI application. Administration needs the data folder's secret, which the student's code does not have."""

    def __init__(
        self,
        metadata: MetadataServer,
        faults: FaultScripts,
        identities: Identities,
        secret: str,
        stop: Callable[[], None],
    ) -> None:
        self._metadata = metadata
        self._faults = faults
        self._identities = identities
        self._secret = secret
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path: str = request.scope["path"]
        if not path.startswith("/labkit/"):
            return self._metadata.respond(request)
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), self._secret.encode()):
            return JSONResponse({"error": f"{SECRET_HEADER} is missing or wrong."}, 403)
        if path.startswith("/labkit/faults"):
            return await self._faults.respond(request)
        if path == "/labkit/identities":
            return await self._identities.respond(request)
        if (request.method, path) == ("GET", "/labkit/health"):
            return JSONResponse({"ready": True})
        if (request.method, path) == ("POST", "/labkit/stop"):
            self._stop()
            return JSONResponse({"stopping": True})
        return JSONResponse({"error": f"There is no {request.method} {path}."}, 404)
