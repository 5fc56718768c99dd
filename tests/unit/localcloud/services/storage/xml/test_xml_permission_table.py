"""Every call of the XML API against Google's own table of permissions, written down here a second time.

Source: https://cloud.google.com/storage/docs/access-control/iam-xml
"""

from dataclasses import dataclass, field

import pytest

from labkit.localcloud.services.storage.names import Address
from tests.fakes import OpenAccess

OBJECT = "/lab-data/a.csv"
NEW = "/lab-data/new.csv"
COMPOSE = b"<ComposeRequest><Component><Name>a.csv</Name></Component></ComposeRequest>"
VERSIONING = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@dataclass(frozen=True)
class Documented:
    """A call, with all the permissions that Google's documentation says it takes."""

    verb: str
    path: str
    permissions: str
    content: bytes = b""
    headers: dict = field(default_factory=dict)

    @property
    def needed(self):
        return [f"storage.{name}" for name in self.permissions.split()]


CREATE, REPLACE = "objects.create", "objects.create objects.delete"
UPLOAD = f"multipartUploads.create {CREATE}"
COPY = {"x-goog-copy-source": "/lab-data/a.csv"}
BEGIN = {"x-goog-resumable": "start"}

DOCUMENTED = (
    Documented("GET", "/", "buckets.list"),
    Documented("PUT", "/new-bucket", "buckets.create"),
    Documented("HEAD", "/lab-data", "buckets.get"),
    Documented("DELETE", "/empty-one", "buckets.delete"),
    Documented("GET", "/lab-data", "objects.list"),
    Documented("GET", "/lab-data?versions", "objects.list"),
    Documented("GET", "/lab-data?uploads", "multipartUploads.list"),
    Documented("GET", "/lab-data?location", "buckets.get"),
    Documented("GET", "/lab-data?storageClass", "buckets.get"),
    Documented("GET", "/lab-data?versioning", "buckets.get"),
    Documented("PUT", "/lab-data?versioning", "buckets.update", VERSIONING),
    Documented("GET", OBJECT, "objects.get"),
    Documented("HEAD", OBJECT, "objects.get"),
    Documented("DELETE", OBJECT, "objects.delete"),
    Documented("PUT", NEW, CREATE),
    Documented("PUT", OBJECT, REPLACE),
    Documented("PUT", NEW, f"objects.get {CREATE}", headers=COPY),
    Documented("PUT", f"{NEW}?compose", f"objects.get {CREATE}", COMPOSE),
    Documented("PUT", f"{OBJECT}?compose", f"objects.get {REPLACE}", COMPOSE),
    Documented("POST", NEW, CREATE, headers=BEGIN),
    Documented("POST", OBJECT, REPLACE, headers=BEGIN),
    Documented("POST", f"{NEW}?uploads", UPLOAD),
    Documented("PUT", f"{NEW}?partNumber=1&uploadId=ID", UPLOAD, b"part"),
    Documented("GET", f"{NEW}?uploadId=ID", "multipartUploads.listParts"),
    Documented("POST", f"{NEW}?uploadId=ID", UPLOAD, b"<CompleteMultipartUpload>PART</CompleteMultipartUpload>"),
    Documented("DELETE", f"{NEW}?uploadId=ID", "multipartUploads.abort"),
)


async def data():
    yield b"data"


@pytest.fixture
def stocked(xml):
    """Asks as someone with some permissions, of a cloud that has all that the calls are about."""
    xml.run(
        xml.storage.write(Address("lab-data", "a.csv"), data())
    )  # By nobody, so that its list opens it to no caller.
    xml.new_bucket("empty-one")
    upload = xml.begin("new.csv")
    etag = xml.put_part("new.csv", upload, 1, b"part")
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>".encode()

    def ask(call, permissions):
        xml.api._guard.access = OpenAccess(permissions)
        content = call.content.replace(b"PART", part)
        return xml(call.verb, call.path.replace("ID", upload), content=content, headers=call.headers)

    return ask


@pytest.mark.parametrize(
    "call", [pytest.param(row, id=f"{row.verb} {row.path} {row.permissions}") for row in DOCUMENTED]
)
def test_a_call_takes_each_permission_that_google_documents_and_no_other(stocked, call):
    for permission in call.needed:
        refused = stocked(call, set(call.needed) - {permission})

        assert refused.status_code == 403, (permission, refused.text)
        assert call.verb == "HEAD" or f"does not have {permission} access" in refused.text
    allowed = stocked(call, call.needed)

    assert allowed.status_code < 300, allowed.text


def test_every_route_is_among_these_calls_or_is_open_to_whoever_knows_a_session(xml):
    asked = set()
    for call in DOCUMENTED:
        path, _, query = call.path.partition("?")
        shape = "/" if path == "/" else "/{bucket}" if path.count("/") == 1 else "/{bucket}/{object}"
        flags = tuple(sorted(part.partition("=")[0] for part in query.split("&") if part))
        asked.add((call.verb, shape, flags))
    sessions = {(verb, "/{bucket}/{object}", ("upload_id",)) for verb in ("PUT", "DELETE")}

    assert set(xml.api._routes) == asked | sessions
    assert {key for key, route in xml.api._routes.items() if route.is_open} == sessions
