"""Every call of the JSON API against Google's own table of permissions, written down here a second time.

Sources: https://cloud.google.com/storage/docs/access-control/iam-json and the "required permissions" of each method's
page under https://cloud.google.com/storage/docs/json_api/v1
"""

from dataclasses import dataclass, field

import pytest

from tests.fakes import OpenAccess

BUCKET = "/storage/v1/b/lab-data"
OBJECT = f"{BUCKET}/o/a.csv"
HMAC_KEYS = "/storage/v1/projects/student-lab/hmacKeys"
ROBOT = "robot@student-lab.iam.gserviceaccount.com"
RETENTION = {"mode": "Unlocked", "retainUntilTime": "2026-12-01T00:00:00Z"}
PUBLIC = {"entity": "user-friend@example.com", "role": "READER"}
CONTEXTS = {"custom": {"team": {"value": "red"}}}


@dataclass(frozen=True)
class Documented:
    """A call, with all the permissions that Google's documentation says it takes."""

    verb: str
    path: str
    permissions: str
    body: object = None
    query: dict = field(default_factory=dict)
    makes: str = ""

    @property
    def needed(self):
        return [name if name.count(".") > 1 else f"storage.{name}" for name in self.permissions.split()]


def calls(*rows):
    return pytest.mark.parametrize("call", [pytest.param(row, id=f"{row.verb} {row.path} {row.makes}") for row in rows])


def acl(path, resource):
    reads, changes = f"{resource}.get {resource}.getIamPolicy", f"{resource}.setIamPolicy {resource}.update"
    entry = f"{path}/user-friend@example.com"
    return (
        Documented("GET", path, reads),
        Documented("POST", path, f"{reads} {changes}", PUBLIC),
        Documented("GET", entry, reads),
        Documented("PATCH", entry, f"{reads} {changes}", {"role": "READER"}),
        Documented("PUT", entry, f"{reads} {changes}", {"role": "READER"}),
        Documented("DELETE", entry, f"{reads} {changes}"),
    )


UPLOAD = {"uploadType": "resumable", "name": "new.csv"}
CREATE = "objects.create"
REPLACE = "objects.create objects.delete"

DOCUMENTED = (
    Documented("GET", "/storage/v1/b", "buckets.list", query={"project": "student-lab"}),
    Documented("POST", "/storage/v1/b", "buckets.create", {"name": "new-bucket"}, {"project": "student-lab"}),
    Documented(
        "POST",
        "/storage/v1/b",
        "buckets.create buckets.enableObjectRetention",
        {"name": "new-bucket"},
        {"project": "student-lab", "enableObjectRetention": "true"},
        "with object retention",
    ),
    Documented("GET", BUCKET, "buckets.get"),
    Documented("PATCH", BUCKET, "buckets.update", {"labels": {"a": "1"}}),
    Documented("PATCH", BUCKET, "buckets.update buckets.setIamPolicy", {"acl": [PUBLIC]}, makes="with a list"),
    Documented(
        "PATCH",
        BUCKET,
        "buckets.update buckets.setIamPolicy",
        {},
        {"predefinedDefaultObjectAcl": "private"},
        "with a list by name",
    ),
    Documented(
        "PATCH",
        BUCKET,
        "buckets.update buckets.setIamPolicy",
        {"iamConfiguration": {"publicAccessPrevention": "enforced"}},
        makes="public access prevention",
    ),
    Documented("PUT", BUCKET, "buckets.update", {"labels": {"a": "1"}}),
    Documented("DELETE", "/storage/v1/b/empty-one", "buckets.delete"),
    Documented("POST", f"{BUCKET}/lockRetentionPolicy", "buckets.update", query={"ifMetagenerationMatch": "1"}),
    Documented("POST", "/storage/v1/b/gone-one/restore", "buckets.restore", query={"generation": "GONE"}),
    Documented("GET", "/storage/v1/b/gone-one", "buckets.get", query={"generation": "GONE", "softDeleted": "true"}),
    Documented("GET", f"{BUCKET}/storageLayout", "objects.list"),
    Documented("GET", f"{BUCKET}/iam", "buckets.getIamPolicy"),
    Documented("PUT", f"{BUCKET}/iam", "buckets.setIamPolicy", {"bindings": []}),
    Documented("GET", f"{BUCKET}/iam/testPermissions", "", query={"permissions": "storage.buckets.get"}),
    *acl(f"{BUCKET}/acl", "buckets"),
    *acl(f"{BUCKET}/defaultObjectAcl", "buckets"),
    *acl(f"{OBJECT}/acl", "objects"),
    Documented("GET", f"{BUCKET}/notificationConfigs", "buckets.get"),
    Documented(
        "POST",
        f"{BUCKET}/notificationConfigs",
        "buckets.update",
        {"topic": "projects/student-lab/topics/news", "payload_format": "NONE"},
    ),
    Documented("GET", f"{BUCKET}/notificationConfigs/1", "buckets.get"),
    Documented("DELETE", f"{BUCKET}/notificationConfigs/1", "buckets.update"),
    Documented("GET", f"{BUCKET}/o", "objects.list"),
    Documented("GET", OBJECT, "objects.get"),
    Documented("GET", f"/download{OBJECT}", "objects.get", query={"alt": "media"}),
    Documented("PATCH", OBJECT, "objects.update", {"contentType": "text/csv"}),
    Documented("PATCH", OBJECT, "objects.update objects.setRetention", {"retention": RETENTION}, makes="retention"),
    Documented(
        "PATCH",
        OBJECT,
        "objects.update objects.overrideUnlockedRetention",
        {},
        {"overrideUnlockedRetention": "true"},
        "override",
    ),
    Documented("PATCH", OBJECT, "objects.update objects.setIamPolicy", {"acl": [PUBLIC]}, makes="with a list"),
    Documented("PATCH", OBJECT, "objects.update objects.createContext", {"contexts": CONTEXTS}, makes="new context"),
    Documented(
        "PATCH",
        f"{BUCKET}/o/tagged.csv",
        "objects.update objects.updateContext",
        {"contexts": {"custom": {"team": {"value": "blue"}}}},
        makes="other context",
    ),
    Documented(
        "PATCH",
        f"{BUCKET}/o/tagged.csv",
        "objects.update objects.deleteContext",
        {"contexts": {"custom": {"team": None}}},
        makes="no context",
    ),
    Documented("PUT", OBJECT, "objects.update", {"contentType": "text/csv"}),
    Documented("DELETE", OBJECT, "objects.delete"),
    Documented("POST", f"{BUCKET}/o/lost.csv/restore", f"objects.restore {CREATE}", query={"generation": "LOST"}),
    Documented(
        "POST",
        f"{BUCKET}/o/lost.csv/restore",
        f"objects.restore {CREATE} objects.setIamPolicy",
        query={"generation": "LOST", "copySourceAcl": "true"},
        makes="with its list",
    ),
    Documented("POST", f"{OBJECT}/rewriteTo/b/lab-data/o/new.csv", f"objects.get {CREATE}"),
    Documented("POST", f"{OBJECT}/rewriteTo/b/lab-data/o/b.csv", f"objects.get {REPLACE}", makes="over another"),
    Documented("POST", f"{OBJECT}/copyTo/b/lab-data/o/new.csv", f"objects.get {CREATE}"),
    Documented("POST", f"{OBJECT}/copyTo/b/lab-data/o/b.csv", f"objects.get {REPLACE}", makes="over another"),
    Documented(
        "POST",
        f"{BUCKET}/o/new.csv/compose",
        f"objects.get {CREATE}",
        {"sourceObjects": [{"name": "a.csv"}, {"name": "b.csv"}]},
    ),
    Documented(
        "POST",
        f"{BUCKET}/o/a.csv/compose",
        f"objects.get {REPLACE}",
        {"sourceObjects": [{"name": "a.csv"}, {"name": "b.csv"}]},
        makes="over another",
    ),
    Documented("POST", f"{OBJECT}/moveTo/o/new.csv", f"objects.get {REPLACE}"),
    Documented("POST", f"{OBJECT}/moveTo/o/new.csv", f"objects.move {CREATE}", makes="by the permission to move"),
    Documented("POST", f"/upload{BUCKET}/o", CREATE, {}, UPLOAD),
    Documented("POST", f"/upload{BUCKET}/o", REPLACE, {}, {**UPLOAD, "name": "a.csv"}, "over another"),
    Documented(
        "POST", f"/upload{BUCKET}/o", f"{CREATE} objects.setRetention", {"retention": RETENTION}, UPLOAD, "retention"
    ),
    Documented(
        "POST", f"/upload{BUCKET}/o", f"{CREATE} objects.createContext", {"contexts": CONTEXTS}, UPLOAD, "context"
    ),
    Documented("POST", f"/resumable/upload{BUCKET}/o", CREATE, {}, UPLOAD),
    Documented("POST", HMAC_KEYS, "hmacKeys.create", query={"serviceAccountEmail": ROBOT}),
    Documented("GET", HMAC_KEYS, "hmacKeys.list"),
    Documented("GET", f"{HMAC_KEYS}/ID", "hmacKeys.get"),
    Documented("PUT", f"{HMAC_KEYS}/ID", "hmacKeys.update", {"state": "INACTIVE"}),
    Documented("DELETE", f"{HMAC_KEYS}/INACTIVE", "hmacKeys.delete"),
    Documented("GET", "/storage/v1/projects/student-lab/serviceAccount", "resourcemanager.projects.get"),
)


@pytest.fixture
def stocked(gcs):
    """A cloud that has all that the calls are about; `ask` makes one with some permissions only."""
    gcs("DELETE", BUCKET)
    for name in ("lab-data", "empty-one", "gone-one"):
        reply = gcs(
            "POST",
            "/storage/v1/b?project=student-lab&enableObjectRetention=true",
            json={"name": name, "retentionPolicy": {"retentionPeriod": "1"}} if name == "lab-data" else {"name": name},
        )
        assert reply.status_code == 200, reply.text
        gone = reply.json()["generation"]
    gcs("DELETE", "/storage/v1/b/gone-one")
    lost = gcs.upload("lost.csv").json()["generation"]
    for name in ("a.csv", "b.csv", "tagged.csv"):
        gcs.upload(name)
    gcs("PATCH", f"{BUCKET}/o/tagged.csv", json={"contexts": CONTEXTS})
    for path in (f"{BUCKET}/acl", f"{BUCKET}/defaultObjectAcl", f"{OBJECT}/acl"):
        assert gcs("POST", path, json=PUBLIC).status_code == 200
    topic = {"topic": "projects/student-lab/topics/news", "payload_format": "NONE"}
    gcs("POST", f"{BUCKET}/notificationConfigs", json=topic)
    gcs.clock.advance(minutes=1)
    gcs("DELETE", f"{BUCKET}/o/lost.csv")
    gcs.accounts.add(ROBOT, "1")
    active, inactive = (
        gcs("POST", HMAC_KEYS, params={"serviceAccountEmail": ROBOT}).json()["metadata"]["accessId"] for _ in range(2)
    )
    gcs("PUT", f"{HMAC_KEYS}/{inactive}", json={"state": "INACTIVE"})
    metageneration = gcs("GET", BUCKET).json()["metageneration"]
    generations = {"GONE": gone, "LOST": lost}

    def ask(call, permissions):
        gcs.guard.access = OpenAccess(permissions)
        query = {name: generations.get(value, value) for name, value in call.query.items()}
        if "ifMetagenerationMatch" in query:
            query["ifMetagenerationMatch"] = metageneration
        body = {} if call.body is None else {"json": call.body}
        path = call.path.replace("/INACTIVE", f"/{inactive}").replace("/ID", f"/{active}")
        return gcs(call.verb, path, params=query, headers={"authorization": "Bearer asker@example.com"}, **body)

    yield ask
    gcs.guard.access = gcs.access


@calls(*DOCUMENTED)
def test_a_call_takes_each_permission_that_google_documents_and_no_other(stocked, call):
    for permission in call.needed:
        refused = stocked(call, set(call.needed) - {permission})

        assert refused.status_code == 403, (permission, refused.text)
        # Whoever may not move an object could still read and delete it.
        named = "storage.objects.get" if permission == "storage.objects.move" else permission
        assert f"does not have {named} access" in refused.text
    allowed = stocked(call, call.needed)

    assert allowed.status_code < 300, allowed.text


def test_every_route_of_the_api_is_among_these_calls(gcs):
    router, seen = gcs.api._router, set()
    for call in DOCUMENTED:
        seen.add(router.match(call.verb, call.path).target.template + call.verb)
    missing = {route.template + route.verb for route in gcs.api.routes if not route.open_because} - seen

    assert not missing


def test_a_route_names_all_that_its_calls_take(gcs):
    """What a reader of the route table sees is what is asked."""
    for call in DOCUMENTED:
        route = gcs.api._router.match(call.verb, call.path).target
        named = {need.permission for need in route.needs} | set(route.asks)

        assert named >= set(call.needed), (route.verb, route.template)


def test_a_route_that_asks_for_nothing_says_why(gcs):
    upload = "/storage/v1/b/{bucket}/o"
    open_routes = {(route.verb, route.template) for route in gcs.api.routes if not (route.needs or route.asks)}

    assert open_routes == {
        ("GET", "/storage/v1/b/{bucket}/iam/testPermissions"),
        *((verb, prefix + upload) for verb in ("PUT", "DELETE") for prefix in ("/upload", "/resumable/upload")),
    }
