"""Cloud Storage's JSON API over HTTP.

Its routes are in no proto, so they stand here, as in https://storage.googleapis.com/$discovery/rest?version=v1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.core.identity import Authenticator
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.bucket_calls import BucketCalls
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.object_calls import ObjectCalls
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.upload_calls import UploadCalls
from labkit.localcloud.wire.request import is_retried_in_vain, raw_path
from labkit.localcloud.wire.router import Router

Handler = Callable[[Call], Awaitable[Response]]

_HOST = "storage.googleapis.com"
_COPY = "/storage/v1/b/{sourceBucket}/o/{sourceObject}/%s/b/{destinationBucket}/o/{destinationObject}"


class StorageApi:
    """Finds the handler of a request; turns refusals into the JSON API's own shape."""

    title = "storage.googleapis.com (JSON API)"

    def __init__(self, storage: Storage, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        routes = _routes(storage)
        self.calls = tuple(f"{verb} {template}" for verb, template, _ in routes)
        self._router = Router[Handler]()
        for verb, template, handler in routes:
            self._router.add(verb, template, handler)

    def serves(self, host: str, path: str) -> bool:
        return host == _HOST

    async def respond(self, request: Request) -> Response:
        self._authenticator.authenticate(request.headers.get("authorization", ""), _HOST)
        path = raw_path(request)
        route = self._router.match(request.method, path)
        if route is None:
            raise ApiError.unimplemented(f"Cloud Storage's {request.method} {path}")
        return await route.target(Call.of(request, route.variables))

    def refuse(self, request: Request, error: ApiError) -> Response:
        refusal = refusals.refusal(error)
        status = Code.INVALID_ARGUMENT.http if is_retried_in_vain(request, error) else refusal.status
        if status == 304:  # has no body
            return Response(status_code=status)
        item: dict[str, Any] = {"message": error.message, "domain": "global", "reason": refusal.reason}
        return JSONResponse({"error": {"code": status, "message": error.message, "errors": [item]}}, status)


def _routes(storage: Storage) -> list[tuple[str, str, Handler]]:
    buckets, objects, uploads = BucketCalls(storage), ObjectCalls(storage), UploadCalls(storage)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/storage/v1/b", buckets.list),
        ("POST", "/storage/v1/b", buckets.insert),
        ("GET", "/storage/v1/b/{bucket}", buckets.get),
        ("PATCH", "/storage/v1/b/{bucket}", buckets.patch),
        ("PUT", "/storage/v1/b/{bucket}", buckets.update),
        ("DELETE", "/storage/v1/b/{bucket}", buckets.delete),
        ("GET", "/storage/v1/b/{bucket}/storageLayout", buckets.get_storage_layout),
        ("GET", "/storage/v1/b/{bucket}/o", objects.list),
        ("GET", "/storage/v1/b/{bucket}/o/{object}", objects.get),
        ("GET", "/download/storage/v1/b/{bucket}/o/{object}", objects.download),
        ("PATCH", "/storage/v1/b/{bucket}/o/{object}", objects.patch),
        ("PUT", "/storage/v1/b/{bucket}/o/{object}", objects.update),
        ("DELETE", "/storage/v1/b/{bucket}/o/{object}", objects.delete),
        ("POST", _COPY % "rewriteTo", objects.rewrite),
        ("POST", _COPY % "copyTo", objects.copy),
    ]
    # gcloud and gsutil begin resumable uploads under /resumable.
    for prefix in ("/upload", "/resumable/upload"):
        path = prefix + "/storage/v1/b/{bucket}/o"
        routes += [("POST", path, uploads.insert), ("PUT", path, uploads.append), ("DELETE", path, uploads.cancel)]
    return routes
