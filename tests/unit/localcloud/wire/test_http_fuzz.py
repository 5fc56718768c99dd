"""Whatever reaches the HTTP edge is answered, and never with a fault of ours."""

import asyncio
import json
import tempfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from labkit.localcloud.assembly import assemble
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.edge.fault_scripts import FaultScripts
from labkit.localcloud.edge.identities import Identities
from labkit.localcloud.edge.loopback import Loopback
from labkit.localcloud.edge.metadata import Machine, MetadataServer
from labkit.localcloud.wire.http import HttpTransport
from tests.fakes import FakeClock

HOSTS = [
    "us-central1-aiplatform.googleapis.com",
    "storage.googleapis.com",
    "storage.googleapis.com:443",
    "cloudresourcemanager.googleapis.com",
    "logging.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "accounts.google.com",
    "127.0.0.1:8700",
    "localhost:[",
    "metadata.google.internal",
    "[::1]:443",
    "[",
    "",
]
WORDS = [
    *("v1", "v1beta1", "v2", "v3", "ui", "compute", "storage", "upload", "download", "resumable", "b", "o", "lab-data"),
    *("projects", "student", "100000000001", "locations", "us-central1", "customJobs", "endpoints", "models", "7"),
    *("trainingPipelines", "operations", "entries:list", "entries:write", "endpoints:predict", "7:predict", "7:wait"),
    *("rewriteTo", "labkit", "stop", "computeMetadata", "instance", "..", ".", "", "-", "*", "**", "a:b", "%2F", "%"),
    *("token", "tokeninfo", "revoke", "oauth2", "certs", "userinfo", "robot", "metadata", "x509", "jwk", "o"),
    *("serviceAccounts", "keys", "a:signJwt", "a:generateAccessToken", "keys:upload", "allowedLocations", "identities"),
    *("%zz", "%ff", "%00", "é", "\x7f", "x" * 300),
]
NAMES = [
    *(
        "pageSize",
        "pageToken",
        "filter",
        "orderBy",
        "readMask",
        "updateMask",
        "alt",
        "$alt",
        "fields",
        "name",
        "parent",
    ),
    *("project", "prefix", "delimiter", "maxResults", "uploadType", "upload_id", "generation", "ifGenerationMatch"),
    *("access_token", "id_token", "token", "grant_type", "assertion", "refresh_token", "audience", "recursive"),
    *("endpoint.displayName", "endpointId", "a.b.c", "", "predefinedAcl", "projection", "timeout", "versions"),
]
HEADERS = [
    "content-type",
    "content-range",
    "content-length",
    "range",
    "x-http-method-override",
    "user-agent",
    "x-upload-content-length",
]

scraps = st.text(max_size=12) | st.sampled_from(["-1", "99999999999999999999", "true", "nan", "a,b", "%", "{}", "\x00"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | scraps,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*NAMES, "displayName", "jobSpec", "instances", "entries", "labels"]) | scraps,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode())
verbs = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "X"])
paths = st.lists(st.sampled_from(WORDS) | scraps, max_size=9).map(lambda parts: "/" + "/".join(parts))
queries = st.lists(st.tuples(st.sampled_from(NAMES), scraps), max_size=3).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
headers = st.dictionaries(
    st.sampled_from(HEADERS), scraps | st.sampled_from(["bytes 0-3/4", "bytes=0-", "application/json"]), max_size=2
)


def as_sent(text):
    """What of a text can be on the wire: uvicorn refuses more than ASCII in a target."""
    return text.encode("utf-8", "replace")


class Edge:
    """The edge of a server; a request to it is bytes, as uvicorn hands them on."""

    def __init__(self, folder):
        self.loop = asyncio.new_event_loop()
        self.cloud = assemble(folder, project="student", images=folder, clock=FakeClock())
        issuer, projects = self.cloud.identity.issuer, self.cloud.projects
        machine = Machine(projects.default, "us-central1-a", projects.default.default_service_account)
        metadata = MetadataServer(machine, issuer, self.cloud.clock)
        faults = FaultScripts(self.cloud.faults)
        stopped = lambda: pytest.fail("A request without the secret stopped the server.")  # noqa: E731 - one place.
        loopback = Loopback(metadata, faults, Identities(issuer, projects), "secret", stopped)
        self.app = HttpTransport(self.cloud.registry, self.cloud.dispatcher, self.cloud.hand_routed, loopback)
        self.authorization = f"Bearer {issuer.access_token(Principal('alice@example.com')).token}".encode()

    def status(self, verb, host, path, query="", body=b"", more=None):
        sent, given = [], iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            return next(given, {"type": "http.disconnect"})

        async def send(event):
            sent.append(event)

        raw = as_sent(path)
        headers = [(b"host", as_sent(host)), (b"authorization", self.authorization)]
        headers += [(name.encode(), as_sent(value)) for name, value in (more or {}).items()]
        scope = {"type": "http", "method": verb, "path": unquote(raw.decode()), "raw_path": raw}
        scope |= {"query_string": as_sent(query), "headers": headers, "scheme": "https", "server": ("127.0.0.1", 8700)}
        self.loop.run_until_complete(self.app(scope, receive, send))
        return sent[0]["status"]

    def close(self):
        self.loop.run_until_complete(self.cloud.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.fixture(scope="module")
def edge():
    with tempfile.TemporaryDirectory() as folder:
        edge = Edge(Path(folder))
        edge.status("POST", "storage.googleapis.com", "/storage/v1/b", "project=student", b'{"name": "lab-data"}')
        yield edge
        edge.close()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verb=verbs, host=st.sampled_from(HOSTS) | scraps, path=paths, query=queries, body=bodies, more=headers)
def test_no_request_is_answered_with_a_fault_of_ours(edge, verb, host, path, query, body, more):
    status = edge.status(verb, host, path, query, body, more)

    assert status < 500 or status == 501


ROOT = "/v1/projects/student/locations/us-central1"
REAL = [
    ("POST", HOSTS[0], f"{ROOT}/customJobs"),
    ("GET", HOSTS[0], f"{ROOT}/customJobs"),
    ("POST", HOSTS[0], f"{ROOT}/endpoints"),
    ("POST", HOSTS[0], f"{ROOT}/endpoints/7:predict"),
    ("POST", HOSTS[0], f"{ROOT}/endpoints/7:deployModel"),
    ("POST", HOSTS[0], f"{ROOT}/models:upload"),
    ("POST", HOSTS[0], f"{ROOT}/trainingPipelines"),
    ("POST", HOSTS[0], f"{ROOT}/operations/7:wait"),
    ("POST", "logging.googleapis.com", "/v2/entries:write"),
    ("POST", "logging.googleapis.com", "/v2/entries:list"),
    ("POST", "storage.googleapis.com", "/storage/v1/b"),
    ("PATCH", "storage.googleapis.com", "/storage/v1/b/lab-data"),
    ("GET", "storage.googleapis.com", "/storage/v1/b/lab-data/o"),
    ("POST", "storage.googleapis.com", "/upload/storage/v1/b/lab-data/o"),
    ("PUT", "storage.googleapis.com", "/upload/storage/v1/b/lab-data/o"),
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(real=st.sampled_from(REAL), query=queries, body=bodies, more=headers)
@example(
    real=REAL[8],
    query="",
    body=b'{"entries": [{"logName": "projects/student/logs/x", "timestamp": "9999-01-01T00:00:00Z"}]}',
    more={},
)
def test_nothing_sent_to_a_method_that_is_written_is_answered_with_a_fault_of_ours(edge, real, query, body, more):
    status = edge.status(*real, query, body, more)

    assert status < 500 or status == 501
