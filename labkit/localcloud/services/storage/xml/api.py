"""Cloud Storage's XML API over HTTP: what signed URLs, S3 clients and multipart uploads of the client library use.

Source: https://cloud.google.com/storage/docs/xml-api/overview
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.core.identity import ANONYMOUS, Principal
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.xml import target
from labkit.localcloud.services.storage.xml.bucket_calls import XmlBucketCalls
from labkit.localcloud.services.storage.xml.call import XmlCall, reply
from labkit.localcloud.services.storage.xml.documents import Node
from labkit.localcloud.services.storage.xml.listing_calls import XmlListingCalls
from labkit.localcloud.services.storage.xml.multipart_calls import XmlMultipartCalls
from labkit.localcloud.services.storage.xml.object_calls import XmlObjectCalls
from labkit.localcloud.services.storage.xml.refusals import refusal
from labkit.localcloud.services.storage.xml.resumable_calls import XmlResumableCalls
from labkit.localcloud.services.storage.xml.target import Target
from labkit.localcloud.wire.request import is_retried_in_vain, raw_path

Handler = Callable[[XmlCall], Awaitable[Response]]

# Parameters that say what of a bucket or an object a request is about. The rest modify, or sign, a request.
_SUBRESOURCES = frozenset(
    {
        *("acl", "billing", "compose", "cors", "defaultObjectAcl", "encryption", "lifecycle", "location", "logging"),
        *("notification", "partNumber", "policy", "storageClass", "tagging", "torrent", "uploadId", "upload_id"),
        *("uploads", "versioning", "versions", "website", "websiteConfig"),
    }
)


class Callers(Protocol):
    """Tells from a request who sent it: by a token, by a signature, or nobody known."""

    def caller(self, request: Request) -> Principal:
        """Raises UNAUTHENTICATED for a bad token, PERMISSION_DENIED for a bad signature."""
        ...


@dataclass(frozen=True)
class _Route:
    """`is_open` to whoever knows the URI, which is a secret then."""

    handler: Handler
    is_open: bool = False


class XmlApi:
    """Finds the handler of a request; turns refusals into the XML API's own shape."""

    title = "storage.googleapis.com (XML API)"
    stored: tuple[str, ...] = ()

    def __init__(self, guard: Guard, callers: Callers) -> None:
        self._guard = guard
        self._callers = callers
        self._routes = {**_bucket_routes(guard), **_object_routes(guard.storage)}
        self.calls = tuple(f"{verb} {path}{_shown(flags)}" for verb, path, flags in self._routes)

    def serves(self, host: str, path: str) -> bool:
        """After the JSON API has had its paths."""
        return target.serves(host)

    async def respond(self, request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower()
        about = Target.of(host, raw_path(request))
        route = self._route(request, about)
        principal = ANONYMOUS if route.is_open else self._callers.caller(request)
        caller = self._guard.caller(principal, request.headers.get("x-goog-user-project", ""))
        try:
            return _as_asked(request, await route.handler(XmlCall.of(request, about, caller)))
        except ApiError as error:
            raise caller.told(error) from error

    def refuse(self, request: Request, error: ApiError) -> Response:
        refused = refusal(error)
        status = 400 if is_retried_in_vain(request, error) else refused.status
        if status == 304 or request.method == "HEAD":  # have no body
            return Response(status_code=status)
        shown = {"Code": refused.code, "Message": refused.message, **_details(error)}
        return reply(Node("Error", [Node(name, value) for name, value in shown.items()]), status)

    def _route(self, request: Request, about: Target) -> _Route:
        path = "/{bucket}/{object}" if about.name else "/{bucket}" if about.bucket else "/"
        flags = tuple(sorted(_SUBRESOURCES.intersection(request.query_params)))
        route = self._routes.get((request.method, path, flags))
        if route is None:
            raise ApiError.unimplemented(f"Cloud Storage's XML {request.method} {path}{_shown(flags)}")
        return route


def _as_asked(request: Request, response: Response) -> Response:
    """Amazon's clients look for what is said of an object under Amazon's names."""
    asked = (*request.headers, *request.query_params)
    if any(name.lower().startswith("x-amz-") for name in asked):
        for name, value in response.headers.items():
            if name.startswith("x-goog-"):
                response.headers[f"x-amz-{name.removeprefix('x-goog-')}"] = value
    return response


def _details(error: ApiError) -> Mapping[str, str]:
    """The client library expects a <Details> in every error."""
    shown = ("ParameterName", "StringToSign", "CanonicalRequest")
    return {"Details": error.message, **{name: error.metadata[name] for name in shown if name in error.metadata}}


def _shown(flags: tuple[str, ...]) -> str:
    return f"?{'&'.join(flags)}" if flags else ""


_Routes = dict[tuple[str, str, tuple[str, ...]], _Route]


def _bucket_routes(guard: Guard) -> _Routes:
    buckets, listing = XmlBucketCalls(guard.storage, guard.public_access), XmlListingCalls(guard.storage)
    path = "/{bucket}"
    return {
        ("GET", "/", ()): _Route(buckets.list),
        ("PUT", path, ()): _Route(buckets.create),
        ("HEAD", path, ()): _Route(buckets.head),
        ("DELETE", path, ()): _Route(buckets.delete),
        ("GET", path, ()): _Route(listing.list),
        ("GET", path, ("versions",)): _Route(listing.list),
        ("GET", path, ("uploads",)): _Route(XmlMultipartCalls(guard.storage).list_uploads),
        ("GET", path, ("location",)): _Route(buckets.get_location),
        ("GET", path, ("storageClass",)): _Route(buckets.get_storage_class),
        ("GET", path, ("versioning",)): _Route(buckets.get_versioning),
        ("PUT", path, ("versioning",)): _Route(buckets.put_versioning),
    }


def _object_routes(storage: Storage) -> _Routes:
    objects, multipart, resumable = XmlObjectCalls(storage), XmlMultipartCalls(storage), XmlResumableCalls(storage)
    path = "/{bucket}/{object}"
    return {
        ("GET", path, ()): _Route(objects.get),
        ("HEAD", path, ()): _Route(objects.head),
        ("PUT", path, ()): _Route(objects.put),
        ("PUT", path, ("compose",)): _Route(objects.compose),
        ("DELETE", path, ()): _Route(objects.delete),
        ("POST", path, ()): _Route(resumable.begin),
        ("PUT", path, ("upload_id",)): _Route(resumable.append, is_open=True),
        ("DELETE", path, ("upload_id",)): _Route(resumable.cancel, is_open=True),
        ("POST", path, ("uploads",)): _Route(multipart.begin),
        ("PUT", path, ("partNumber", "uploadId")): _Route(multipart.put_part),
        ("GET", path, ("uploadId",)): _Route(multipart.list_parts),
        ("POST", path, ("uploadId",)): _Route(multipart.complete),
        ("DELETE", path, ("uploadId",)): _Route(multipart.abort),
    }
