"""The names that Google's documentation gives the methods of the JSON API, by route; for scripts of faults."""

from __future__ import annotations

from labkit.localcloud.wire.faulty_http import MethodName
from labkit.localcloud.wire.router import Router

_HOST = "storage.googleapis.com"
_BUCKET = "/storage/v1/b/{bucket}"
_OBJECT = "/storage/v1/b/{bucket}/o/{object}"
_HMAC = "/storage/v1/projects/{project}/hmacKeys"


def _access_controls(resource: str, collection: str) -> tuple[tuple[str, str, str], ...]:
    return (
        ("GET", collection, f"storage.{resource}.list"),
        ("POST", collection, f"storage.{resource}.insert"),
        ("GET", collection + "/{entity}", f"storage.{resource}.get"),
        ("PATCH", collection + "/{entity}", f"storage.{resource}.patch"),
        ("PUT", collection + "/{entity}", f"storage.{resource}.update"),
        ("DELETE", collection + "/{entity}", f"storage.{resource}.delete"),
    )


def _uploads() -> tuple[tuple[str, str, str], ...]:
    # gcloud and gsutil begin resumable uploads under /resumable.
    paths = [prefix + "/storage/v1/b/{bucket}/o" for prefix in ("/upload", "/resumable/upload")]
    return tuple((verb, path, "storage.objects.insert") for path in paths for verb in ("POST", "PUT", "DELETE"))


# Source: https://storage.googleapis.com/$discovery/rest?version=v1, and for the names that differ from it (bucket_acl,
# hmacKey, serviceaccount) the tests of https://github.com/googleapis/conformance-tests, which use these.
_ROUTES = (
    ("GET", "/storage/v1/b", "storage.buckets.list"),
    ("POST", "/storage/v1/b", "storage.buckets.insert"),
    ("GET", _BUCKET, "storage.buckets.get"),
    ("PATCH", _BUCKET, "storage.buckets.patch"),
    ("PUT", _BUCKET, "storage.buckets.update"),
    ("DELETE", _BUCKET, "storage.buckets.delete"),
    ("GET", _BUCKET + "/iam", "storage.buckets.getIamPolicy"),
    ("PUT", _BUCKET + "/iam", "storage.buckets.setIamPolicy"),
    ("GET", _BUCKET + "/iam/testPermissions", "storage.buckets.testIamPermissions"),
    ("POST", _BUCKET + "/lockRetentionPolicy", "storage.buckets.lockRetentionPolicy"),
    *_access_controls("bucket_acl", _BUCKET + "/acl"),
    *_access_controls("default_object_acl", _BUCKET + "/defaultObjectAcl"),
    *_access_controls("object_acl", _OBJECT + "/acl"),
    ("GET", _BUCKET + "/notificationConfigs", "storage.notifications.list"),
    ("POST", _BUCKET + "/notificationConfigs", "storage.notifications.insert"),
    ("GET", _BUCKET + "/notificationConfigs/{notification}", "storage.notifications.get"),
    ("DELETE", _BUCKET + "/notificationConfigs/{notification}", "storage.notifications.delete"),
    ("GET", _BUCKET + "/o", "storage.objects.list"),
    ("GET", _OBJECT, "storage.objects.get"),
    ("GET", "/download" + _OBJECT, "storage.objects.get"),
    ("PATCH", _OBJECT, "storage.objects.patch"),
    ("PUT", _OBJECT, "storage.objects.update"),
    ("DELETE", _OBJECT, "storage.objects.delete"),
    ("POST", "/storage/v1/b/{bucket}/o/{object}/compose", "storage.objects.compose"),
    ("POST", _OBJECT + "/copyTo/b/{toBucket}/o/{toObject}", "storage.objects.copy"),
    ("POST", _OBJECT + "/rewriteTo/b/{toBucket}/o/{toObject}", "storage.objects.rewrite"),
    *_uploads(),
    ("GET", _HMAC, "storage.hmacKey.list"),
    ("POST", _HMAC, "storage.hmacKey.create"),
    ("GET", _HMAC + "/{accessId}", "storage.hmacKey.get"),
    ("PUT", _HMAC + "/{accessId}", "storage.hmacKey.update"),
    ("DELETE", _HMAC + "/{accessId}", "storage.hmacKey.delete"),
    ("GET", "/storage/v1/projects/{project}/serviceAccount", "storage.serviceaccount.get"),
)

NAMES = frozenset(name for _, _, name in _ROUTES)


def _router() -> Router[str]:
    router = Router[str]()
    for verb, template, name in _ROUTES:
        router.add(verb, template, name)
    return router


_router_of_names = _router()


def method_name(verb: str, host: str, path: str) -> MethodName | None:
    """The method that a request calls, and the object or bucket it is about: "b/lab-data/o/train/x.csv"."""
    route = _router_of_names.match(verb, path) if host == _HOST else None
    if route is None:
        return None
    bucket, name = route.variables.get("bucket", ""), route.variables.get("object", "")
    resource = "/".join(part for part in ("b" if bucket else "", bucket, "o" if name else "", name) if part)
    return MethodName(_HOST, route.target, resource)
