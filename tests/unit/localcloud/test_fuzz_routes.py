"""Every method that is written, called over HTTP with what no client would send. The list is the server's own."""

import asyncio
import json
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.localcloud.assembly import assemble
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.wire.http import HttpTransport
from tests.fakes import FakeClock

PROJECT = "student"
OWNER = Principal("student@example.com")
VARIABLE = re.compile(r"\{(?P<name>[^=}]+)(=(?P<pattern>[^}]+))?\}")

# What may stand where a path has an id: real ones first, so that calls get past the names.
SEGMENTS = st.sampled_from(
    [
        *("student", "us-central1", "lab-data", "x.csv", "-", "7", "a@b.iam.gserviceaccount.com", "global"),
        *("_",),
        *("..", "%2F", "%", "%zz", "%ff", "%00", "%0a", "é", "*", "**", "a:b", "~"),
        "x" * 2000,
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "-1", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "3s", "a,b", "\x00", "{", "NaN"]),
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
PARAMETERS = st.sampled_from(
    [
        *("alt", "fields", "generation", "ifGenerationMatch", "maxResults", "pageToken", "pageSize", "prefix"),
        *("delimiter", "matchGlob", "filter", "orderBy", "updateMask", "readMask", "uploadType", "upload_id"),
        *("name", "projection", "versions", "softDeleted", "project", "userProject", "predefinedAcl", "startOffset"),
        *("X-Goog-Signature", "acl", "versionId", "uploadId", "partNumber", "uploads", "lifecycle", "view"),
        *("force", "requestId", "$alt"),
    ]
)
QUERIES = st.lists(
    st.tuples(PARAMETERS, SEGMENTS | st.sampled_from(["", "-1", "0", "1", "true", "media", "json"])), max_size=3
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *(
                "content-type",
                "content-range",
                "range",
                "if-match",
                "x-goog-hash",
                "content-encoding",
                "accept-encoding",
            ),
            *("x-http-method-override", "x-upload-content-length", "x-goog-encryption-key", "x-goog-copy-source"),
            *("expect", "x-goog-user-project", "x-goog-resumable", "content-md5", "x-goog-if-generation-match"),
            *("x-goog-acl",),
        ]
    ),
    st.sampled_from(
        [
            *("bytes 0-3/4", "bytes=5-1", "multipart/related; boundary=b", "multipart/mixed; boundary=", ""),
            *(
                "gzip",
                "application/json",
                "crc32c=AAAA",
                "-1",
                "PATCH",
                "start",
                "lab-data/x.csv",
                "99999999999999999999",
            ),
            *("é",),
        ]
    ),
    max_size=3,
)


class Edge:
    """The HTTP transport of a cloud with a bucket, and a caller who may do everything."""

    def __init__(self, folder):
        self.loop = asyncio.new_event_loop()
        self.cloud = assemble(folder, project=PROJECT, images=folder, clock=FakeClock())
        hosts = sorted({api.host for api in self.cloud.registry.apis})
        self.cloud.setup.enabled.enable(self.cloud.projects.default, hosts)
        self.app = HttpTransport(self.cloud.registry, self.cloud.dispatcher, self.cloud.hand_routed, self._no_loopback)
        self.authorization = f"Bearer {self.cloud.identity.issuer.access_token(OWNER).token}"

    async def _no_loopback(self, scope, receive, send):
        raise AssertionError("no route of an API is one of the loopback's")

    def ask(self, verb, host, path, query=(), body=b"", headers=()):
        """Status and body, to a request as uvicorn hands it on."""
        sent, given = [], iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            return next(given, {"type": "http.disconnect"})

        async def send(event):
            sent.append(event)

        raw = path.encode("utf-8", "replace")
        fields = [("host", host), ("authorization", self.authorization), *dict(headers).items()]
        scope = {"type": "http", "method": verb, "path": unquote(path), "raw_path": raw, "scheme": "https"}
        scope["headers"] = [(name.encode(), value.encode("utf-8", "replace")) for name, value in fields]
        scope["query_string"] = "&".join(f"{name}={value}" for name, value in query).encode("utf-8", "replace")
        scope["server"] = ("127.0.0.1", 8700)
        self.loop.run_until_complete(self.app(scope, receive, send))
        return sent[0]["status"], b"".join(event.get("body", b"") for event in sent)

    def close(self):
        self.loop.run_until_complete(self.cloud.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.fixture(scope="module")
def edge():
    with tempfile.TemporaryDirectory() as folder:
        edge = Edge(Path(folder))
        body = json.dumps({"name": "lab-data"}).encode()
        assert edge.ask("POST", "storage.googleapis.com", "/storage/v1/b", [("project", PROJECT)], body)[0] == 200
        yield edge
        edge.close()


def rest_calls(cloud):
    """Method and binding of each RPC that is written and has a path."""
    return [
        (method, binding)
        for api in cloud.registry.apis
        for method in cloud.registry.methods(api)
        if cloud.dispatcher.handler(method) is not None
        for binding in method.bindings
    ]


def hand_routed_calls(cloud):
    """Host, verb and template of each call that is routed by hand."""
    return [_split(api.title, call) for api in cloud.hand_routed for call in api.calls if " " in call]


def _split(title, call):
    """The parts of "GET /b/{bucket}", or of "POST host/path" where an API has several hosts."""
    verb, _, rest = call.partition(" ")
    host, slash, path = rest.partition("/")
    return host or title.partition(" ")[0], verb, slash + path


def filled(data, template):
    """A path of a template: each variable one segment, or as many as its own pattern has."""

    def fill(match):
        pattern = match["pattern"] or "*"
        return "/".join(data.draw(SEGMENTS) if part in {"*", "**"} else part for part in pattern.split("/"))

    return VARIABLE.sub(fill, template)


def message(descriptor, depth=2):
    """JSON with fields of a message, of right and of wrong types."""
    fields = {field.json_name: values(field, depth) for field in descriptor.fields}
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True) if fields else st.just([])
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))


def values(field, depth):
    if field.type != FieldDescriptor.TYPE_MESSAGE or depth == 0:
        return ANY_JSON
    inner = st.deferred(lambda: message(field.message_type, depth - 1)) | ANY_JSON
    return inner | st.lists(inner, max_size=2)


def is_no_fault_of_ours(status, body):
    return (status < 500 or status == 501) and b"LOCAL_CLOUD_BUG" not in body and b"Traceback" not in body


FUZZ = settings(
    max_examples=int(os.environ.get("LABKIT_FUZZ_EXAMPLES", "300")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@FUZZ
@given(data=st.data(), query=QUERIES, headers=HEADERS)
def test_no_rpc_over_rest_answers_with_a_fault_of_ours(edge, data, query, headers):
    method, binding = data.draw(st.sampled_from(rest_calls(edge.cloud)), label="rpc")
    path = filled(data, binding.template)
    body = data.draw(message(method.descriptor.input_type) | ANY_JSON, label="body")
    status, reply = edge.ask(binding.verb, method.api.host, path, query, json.dumps(body).encode(), headers)

    assert is_no_fault_of_ours(status, reply), (status, reply)


@FUZZ
@given(
    data=st.data(),
    query=QUERIES,
    headers=HEADERS,
    body=ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
)
def test_no_call_that_is_routed_by_hand_answers_with_a_fault_of_ours(edge, data, query, headers, body):
    host, verb, template = data.draw(st.sampled_from(hand_routed_calls(edge.cloud)), label="call")
    status, reply = edge.ask(verb, host, filled(data, template), query, body, headers)

    assert is_no_fault_of_ours(status, reply), (status, reply)
