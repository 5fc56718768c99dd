"""Cloud Storage's JSON API over HTTP.

Its routes are in no proto, so they stand here, as in https://storage.googleapis.com/$discovery/rest?version=v1, each
with the permissions of https://cloud.google.com/storage/docs/access-control/iam-json.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import ANONYMOUS, Authenticator, Principal
from labkit.localcloud.core.tier import what_is_missing
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.policy_rules import PolicyRules
from labkit.localcloud.services.storage import denials, refusals
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.acl_calls import AclCalls, BucketAclCalls, DefaultObjectAclCalls, ObjectAclCalls
from labkit.localcloud.services.storage.bucket_access import BucketAccess
from labkit.localcloud.services.storage.bucket_calls import BucketCalls
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.copy_calls import CopyCalls
from labkit.localcloud.services.storage.hmac_key_calls import HmacKeyCalls
from labkit.localcloud.services.storage.hmac_keys import HmacKeys
from labkit.localcloud.services.storage.notification_calls import NotificationCalls
from labkit.localcloud.services.storage.object_calls import ObjectCalls
from labkit.localcloud.services.storage.policy_calls import PolicyCalls
from labkit.localcloud.services.storage.routes import Need, On, Route
from labkit.localcloud.services.storage.upload_calls import UploadCalls
from labkit.localcloud.wire.request import is_retried_in_vain, raw_path
from labkit.localcloud.wire.router import Router

_HOST = "storage.googleapis.com"

# All other paths of the host are the XML API's: a bucket may be called "storage" or "upload".
_PREFIXES = ("/storage/v1/", "/upload/storage/v1/", "/resumable/upload/storage/v1/", "/download/storage/v1/")

_BUCKETS = "/storage/v1/b"
_BUCKET = "/storage/v1/b/{bucket}"
_OBJECT = "/storage/v1/b/{bucket}/o/{object}"
_SOURCE = "/storage/v1/b/{sourceBucket}/o/{sourceObject}"
_TARGET = "/b/{destinationBucket}/o/{destinationObject}"

# What makes an object, and what it may take besides; `Caller.writes` asks for them.
_CREATES = (
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.setRetention",
    "storage.objects.createContext",
)
_CHANGES_CONTEXTS = tuple(f"storage.objects.{verb}Context" for verb in ("create", "update", "delete"))

_WITH_SESSION = "the URI of the session is the right to go on with the upload"


class StorageApi:
    """Finds the handler of a request and asks whether it may be called; turns refusals into the JSON API's shape."""

    title = "storage.googleapis.com (JSON API)"

    def __init__(
        self, guard: Guard, authenticator: Authenticator, rules: PolicyRules, hmac_keys: HmacKeys, clock: Clock
    ) -> None:
        self._authenticator = authenticator
        self._guard = guard
        self.routes = (
            *_routes(guard, rules, clock),
            *_hmac_key_routes(HmacKeyCalls(hmac_keys, guard.storage.projects)),
        )
        self.calls = tuple(f"{route.verb} {route.template}" for route in self.routes)
        self.stored = tuple(f"{route.verb} {route.template}" for route in self.routes if what_is_missing(route.handler))
        self._router = Router[Route]()
        for route in self.routes:
            self._router.add(route.verb, route.template, route)

    def serves(self, host: str, path: str) -> bool:
        return host == _HOST and path.startswith(_PREFIXES)

    async def respond(self, request: Request) -> Response:
        caller = self._guard.caller(self._principal(request), _user_project(request))
        path = raw_path(request)
        route = self._router.match(request.method, path)
        if route is None:
            raise ApiError.unimplemented(f"Cloud Storage's {request.method} {path}")
        try:
            return await route.target.answer(Call.of(request, route.variables, caller))
        except ApiError as error:
            raise caller.told(error) from error

    def refuse(self, request: Request, error: ApiError) -> Response:
        refusal = refusals.refusal(error)
        status = Code.INVALID_ARGUMENT.http if is_retried_in_vain(request, error) else refusal.status
        if status == 304:  # has no body
            return Response(status_code=status)
        item: dict[str, Any] = {"message": error.message, "domain": "global", "reason": refusal.reason}
        if header := _blamed_header(refusal):
            item |= {"locationType": "header", "location": header}
        headers = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if status == 401 else None
        if raw_path(request).startswith("/download/"):
            # Of a download only the sentence is told, and clients show it as it is: "404 GET …: No such object: b/o".
            return PlainTextResponse(error.message, status, headers)
        return JSONResponse({"error": {"code": status, "message": error.message, "errors": [item]}}, status, headers)

    def _principal(self, request: Request) -> Principal:
        """Who calls: nobody known where the request names none."""
        authorization = request.headers.get("authorization", "")
        if not authorization:
            return ANONYMOUS
        try:
            return self._authenticator.authenticate(authorization, _HOST)
        except ApiError as error:
            if error.code is Code.UNAUTHENTICATED:
                raise denials.invalid_credentials() from error
            raise


def _user_project(request: Request) -> str:
    """https://cloud.google.com/storage/docs/requester-pays#using"""
    return request.query_params.get("userProject") or request.headers.get("x-goog-user-project", "")


def _blamed_header(refusal: refusals.Refusal) -> str:
    if refusal.status == 401:
        return "Authorization"
    return "If-Match" if refusal.reason == refusals.CONDITION_NOT_MET else ""


def _routes(guard: Guard, rules: PolicyRules, clock: Clock) -> tuple[Route, ...]:
    storage, public_access = guard.storage, guard.public_access
    return (
        *_bucket_routes(BucketCalls(storage, BucketAccess(storage, public_access, clock))),
        *_policy_routes(PolicyCalls(storage, rules, public_access)),
        *_acl_routes(_BUCKET + "/acl", BucketAclCalls(storage), "buckets", On.BUCKET),
        *_acl_routes(_BUCKET + "/defaultObjectAcl", DefaultObjectAclCalls(storage), "buckets", On.BUCKET),
        *_acl_routes(_OBJECT + "/acl", ObjectAclCalls(storage), "objects", On.OBJECT),
        *_notification_routes(NotificationCalls(storage)),
        *_object_routes(ObjectCalls(storage)),
        *_copy_routes(CopyCalls(storage)),
        *_upload_routes(UploadCalls(storage)),
    )


def _bucket_routes(buckets: BucketCalls) -> tuple[Route, ...]:
    update = Need("storage.buckets.update", On.BUCKET)
    policy = ("storage.buckets.getIamPolicy", "storage.buckets.setIamPolicy")
    return (
        Route("GET", _BUCKETS, buckets.list, (Need("storage.buckets.list", On.PROJECT),), policy[:1]),
        Route(
            "POST",
            _BUCKETS,
            buckets.insert,
            (Need("storage.buckets.create", On.PROJECT),),
            ("storage.buckets.enableObjectRetention",),
        ),
        Route("GET", _BUCKET, buckets.get, (), ("storage.buckets.get", *policy[:1])),
        Route("PATCH", _BUCKET, buckets.patch, (update,), policy),
        Route("PUT", _BUCKET, buckets.update, (update,), policy),
        Route("DELETE", _BUCKET, buckets.delete, (Need("storage.buckets.delete", On.BUCKET),)),
        Route("POST", _BUCKET + "/lockRetentionPolicy", buckets.lock_retention_policy, (update,)),
        Route("POST", _BUCKET + "/restore", buckets.restore, (), ("storage.buckets.restore",)),
        # Any caller who may list something under the prefix, by the discovery document.
        Route("GET", _BUCKET + "/storageLayout", buckets.get_storage_layout, (Need("storage.objects.list", On.LIST),)),
    )


def _hmac_key_routes(keys: HmacKeyCalls) -> tuple[Route, ...]:
    path = "/storage/v1/projects/{project}/hmacKeys"
    one = path + "/{accessId}"

    def need(verb: str) -> tuple[Need, ...]:
        return (Need(f"storage.hmacKeys.{verb}", On.PROJECT),)

    return (
        Route("GET", path, keys.list, need("list")),
        Route("POST", path, keys.insert, need("create")),
        Route("GET", one, keys.get, need("get")),
        Route("PUT", one, keys.update, need("update")),
        Route("DELETE", one, keys.delete, need("delete")),
        Route(
            "GET",
            "/storage/v1/projects/{project}/serviceAccount",
            keys.get_service_account,
            (Need("resourcemanager.projects.get", On.PROJECT),),
        ),
    )


def _policy_routes(policies: PolicyCalls) -> tuple[Route, ...]:
    path = _BUCKET + "/iam"
    return (
        Route("GET", path, policies.get, (Need("storage.buckets.getIamPolicy", On.BUCKET),)),
        Route("PUT", path, policies.set, (Need("storage.buckets.setIamPolicy", On.BUCKET),)),
        Route("GET", path + "/testPermissions", policies.test, open_because="answers with what the caller may do"),
    )


def _acl_routes(path: str, calls: AclCalls, resource: str, on: On) -> tuple[Route, ...]:
    names = ("get", "getIamPolicy", "setIamPolicy", "update")
    changes = tuple(Need(f"storage.{resource}.{name}", on) for name in names)
    reads = changes[:2]
    entry = path + "/{entity}"
    return (
        Route("GET", path, calls.list, reads, check=calls.check),
        Route("POST", path, calls.insert, changes, check=calls.check),
        Route("GET", entry, calls.get, reads, check=calls.check),
        Route("PATCH", entry, calls.patch, changes, check=calls.check),
        Route("PUT", entry, calls.update, changes, check=calls.check),
        Route("DELETE", entry, calls.delete, changes, check=calls.check),
    )


def _notification_routes(notifications: NotificationCalls) -> tuple[Route, ...]:
    path = _BUCKET + "/notificationConfigs"
    one = path + "/{notification}"
    get, update = (Need(f"storage.buckets.{name}", On.BUCKET) for name in ("get", "update"))
    return (
        Route("GET", path, notifications.list, (get,)),
        Route("POST", path, notifications.insert, (update,)),
        Route("GET", one, notifications.get, (get,)),
        Route("DELETE", one, notifications.delete, (update,)),
    )


def _object_routes(objects: ObjectCalls) -> tuple[Route, ...]:
    get = Need("storage.objects.get", On.OBJECT)
    update = Need("storage.objects.update", On.OBJECT)
    acl = ("storage.objects.getIamPolicy", "storage.objects.setIamPolicy")
    retention = ("storage.objects.setRetention", "storage.objects.overrideUnlockedRetention")
    changes = (*acl, *retention, *_CHANGES_CONTEXTS)
    return (
        Route("GET", _BUCKET + "/o", objects.list, (Need("storage.objects.list", On.LIST),), acl[:1]),
        Route("GET", _OBJECT, objects.get, (get,), acl[:1]),
        Route("GET", "/download" + _OBJECT, objects.download, (get,)),
        Route("PATCH", _OBJECT, objects.patch, (update,), changes),
        Route("PUT", _OBJECT, objects.update, (update,), changes),
        Route("DELETE", _OBJECT, objects.delete, (Need("storage.objects.delete", On.OBJECT),)),
        Route(
            "POST",
            _OBJECT + "/restore",
            objects.restore,
            (Need("storage.objects.restore", On.OBJECT),),
            (*_CREATES[:2], *acl),
        ),
    )


def _copy_routes(copies: CopyCalls) -> tuple[Route, ...]:
    get = Need("storage.objects.get", On.SOURCE)
    compose = "/storage/v1/b/{destinationBucket}/o/{destinationObject}/compose"
    move = "/storage/v1/b/{bucket}/o/{sourceObject}/moveTo/o/{destinationObject}"
    return (
        Route("POST", f"{_SOURCE}/rewriteTo{_TARGET}", copies.rewrite, (get,), _CREATES),
        Route("POST", f"{_SOURCE}/copyTo{_TARGET}", copies.copy, (get,), _CREATES),
        Route("POST", compose, copies.compose, (), ("storage.objects.get", *_CREATES)),
        Route("POST", move, copies.move, (), ("storage.objects.get", "storage.objects.move", *_CREATES[:2])),
    )


def _upload_routes(uploads: UploadCalls) -> tuple[Route, ...]:
    routes: list[Route] = []
    # gcloud and gsutil begin resumable uploads under /resumable.
    for prefix in ("/upload", "/resumable/upload"):
        path = f"{prefix}{_BUCKET}/o"
        routes += [
            Route("POST", path, uploads.insert, (), _CREATES),
            Route("PUT", path, uploads.append, open_because=_WITH_SESSION),
            Route("DELETE", path, uploads.cancel, open_because=_WITH_SESSION),
        ]
    return tuple(routes)
