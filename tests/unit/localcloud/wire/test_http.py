"""The HTTP edge over an assembled cloud, in process: what every client sees, whatever the service."""

import errno
import sqlite3

import httpx
import pytest
from starlette.responses import PlainTextResponse

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.requirement import open_to_callers
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.wire.http import HttpTransport

VERTEX = "https://us-central1-aiplatform.googleapis.com"
PARENT = "/v1/projects/student/locations/us-central1"
STORAGE = "https://storage.googleapis.com"


@pytest.fixture
def serve(cloud, loop, authorization):
    """Makes a client of a cloud: verb, URL, and what httpx takes."""
    clients = []

    def serve(cloud=cloud):
        loopback = PlainTextResponse("the machine itself")
        app = HttpTransport(cloud.registry, cloud.dispatcher, cloud.hand_routed, loopback)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), headers={"authorization": authorization})
        clients.append(client)
        return lambda verb, url, **request: loop.run_until_complete(client.request(verb, url, **request))

    yield serve
    for client in clients:
        loop.run_until_complete(client.aclose())


@pytest.fixture
def call(serve):
    return serve()


class Endpoints:
    """Answers as a test tells it."""

    service = "google.cloud.aiplatform.v1.EndpointService"

    def __init__(self, answer):
        self._answer = answer

    @open_to_callers("it stands for several RPCs")
    def GetEndpoint(self, request, context):  # noqa: N802 - as Google names it.
        return self._answer(request, context)

    CreateEndpoint = DeleteEndpoint = GetEndpoint


@pytest.fixture
def answering(serve, cloud_with):
    """A client of a cloud whose endpoints are answered for by a function, or by an exception."""

    def answering(answer):
        def raising(_request, _context):
            raise answer

        return serve(cloud_with(Endpoints(raising if isinstance(answer, Exception) else answer)))

    return answering


def error(reply):
    return reply.json()["error"]


def reason(reply):
    (info,) = (each for each in error(reply)["details"] if each["@type"].endswith("ErrorInfo"))
    return info["reason"]


def test_a_call_reaches_its_handler_and_is_answered_in_json(call):
    made = call("POST", f"{VERTEX}{PARENT}/endpoints", json={"displayName": "digits"})
    listed = call("GET", f"{VERTEX}{PARENT}/endpoints")

    assert (made.status_code, made.headers["content-type"]) == (200, "application/json; charset=UTF-8")
    assert made.json()["done"] is True
    assert [endpoint["displayName"] for endpoint in listed.json()["endpoints"]] == ["digits"]


@pytest.mark.parametrize(("query", "state"), [("", "ACTIVE"), ("?$alt=json;enum-encoding=int", 1)])
def test_enums_are_names_unless_the_client_asks_for_numbers(call, query, state):
    reply = call("GET", f"https://cloudresourcemanager.googleapis.com/v3/projects/student{query}")

    assert reply.json()["state"] == state


def test_bad_json_is_refused_with_the_place(call):
    reply = call("POST", f"{VERTEX}{PARENT}/endpoints", content=b'{"displayName": digits}')

    assert (reply.status_code, error(reply)["status"], error(reply)["code"]) == (400, "INVALID_ARGUMENT", 400)
    line, caret = error(reply)["message"].splitlines()[-2:]
    assert line == '{"displayName": digits}'
    assert caret.index("^") == line.index("digits")


def test_a_field_of_the_wrong_type_is_named_in_the_message_and_the_details(call):
    reply = call("POST", f"{VERTEX}{PARENT}/endpoints", json={"displayName": 7, "colour": "red"})

    assert reply.status_code == 400
    (bad_request,) = error(reply)["details"]
    assert bad_request["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [violation["field"] for violation in bad_request["fieldViolations"]] == ["endpoint.display_name", "endpoint"]


@pytest.mark.parametrize(
    ("verb", "url"),
    [
        ("GET", f"{VERTEX}{PARENT}/nonsense/7/more"),
        ("GET", f"{VERTEX}/v7/projects/student"),
        ("PUT", f"{VERTEX}{PARENT}/endpoints"),
        ("GET", "https://nosuch.googleapis.com/v1/projects/student"),
    ],
)
def test_what_google_has_not_is_not_found_and_named(call, verb, url):
    reply = call(verb, url)

    assert (reply.status_code, error(reply)["status"]) == (404, "NOT_FOUND")
    assert f"{verb} {url}" in error(reply)["message"]


def test_a_host_that_is_not_googles_is_refused(call):
    reply = call("GET", f"https://rebound.example.com{PARENT}/endpoints")

    assert (reply.status_code, error(reply)["status"]) == (403, "PERMISSION_DENIED")
    assert "rebound.example.com" in error(reply)["message"]


@pytest.mark.parametrize("header", ["", "Bearer ya29.forged"])
def test_a_stranger_is_refused_with_the_reason_and_the_way_to_sign_in(call, header):
    reply = call("GET", f"{VERTEX}{PARENT}/endpoints", headers={"authorization": header})

    assert (reply.status_code, error(reply)["status"]) == (401, "UNAUTHENTICATED")
    assert reply.headers["www-authenticate"] == 'Bearer realm="https://accounts.google.com/"'
    (info,) = error(reply)["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["reason"] == ("ACCESS_TOKEN_TYPE_UNSUPPORTED" if header else "CREDENTIALS_MISSING")
    assert info["domain"] == "googleapis.com"
    assert info["metadata"] == {"service": "aiplatform.googleapis.com"}


def test_a_stranger_is_refused_by_storage_too(call):
    assert call("GET", f"{STORAGE}/storage/v1/b?project=student", headers={"authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        ("google-cloud-sdk gcloud/500.0.0", 400),
        ("apitools Python/3", 400),
        ("google-api-python-client", 501),
    ],
)
@pytest.mark.parametrize("url", [f"{VERTEX}{PARENT}/datasets/7", f"{STORAGE}/storage/v1/b/lab/folders"])
def test_what_is_not_written_is_named_with_a_status_that_the_client_does_not_retry(call, agent, status, url):
    reply = call("GET", url, headers={"user-agent": agent})

    assert (reply.status_code, error(reply)["code"]) == (status, status)
    assert "is not implemented by the local cloud" in error(reply)["message"]


def test_what_is_not_written_is_unimplemented_by_the_rpcs_name(call):
    reply = call("GET", f"{VERTEX}{PARENT}/datasets/7")

    assert error(reply)["status"] == "UNIMPLEMENTED"
    assert reason(reply) == "LOCAL_CLOUD_UNIMPLEMENTED"
    assert error(reply)["message"].startswith("google.cloud.aiplatform.v1.DatasetService.GetDataset ")


def test_a_body_that_is_too_large_is_refused_and_one_that_is_not_is_read(call):
    url, limit = f"{VERTEX}{PARENT}/endpoints", 10 * 1024 * 1024
    frame = len(b'{"displayName": ""}')

    assert call("POST", url, content=b'{"displayName": "%s"}' % (b"x" * (limit - frame))).status_code == 200
    reply = call("POST", url, content=b'{"displayName": "%s"}' % (b"x" * (limit - frame + 1)))
    assert reply.status_code == 400
    assert error(reply)["message"] == f"Request payload size exceeds the limit: {limit} bytes."


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("url", [f"{VERTEX}{PARENT}/endpoints", f"{STORAGE}/storage/v1/b?project=student"])
def test_a_web_page_is_refused(call, headers, url):
    reply = call("GET", url, headers=headers)

    assert (reply.status_code, error(reply)["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_a_person_types_into_a_browser_is_not(call, site):
    assert call("GET", f"{VERTEX}{PARENT}/endpoints", headers={"sec-fetch-site": site}).status_code == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8700", "localhost", "metadata.google.internal", "Metadata.Google.Internal", "169.254.169.254"]
)
def test_the_machines_own_names_lead_to_the_machine_itself(call, host):
    assert call("GET", "http://x/anything", headers={"host": host}).text == "the machine itself"


def test_a_bug_is_an_internal_error_without_its_traceback(answering, caplog):
    reply = answering(ZeroDivisionError("division by zero"))("GET", f"{VERTEX}{PARENT}/endpoints/7")

    assert (reply.status_code, error(reply)["status"]) == (500, "INTERNAL")
    assert reason(reply) == "LOCAL_CLOUD_BUG"
    assert "ZeroDivisionError" in error(reply)["message"]
    assert "Traceback" not in reply.text
    assert "test_http.py" not in reply.text
    assert "Traceback" in caplog.text


def test_a_refusal_keeps_its_code_and_its_details(answering):
    refusal = ApiError(Code.RESOURCE_EXHAUSTED, "no GPU left", reason="RATE_LIMIT", metadata={"zone": "a"})
    reply = answering(refusal)("GET", f"{VERTEX}{PARENT}/endpoints/7")

    assert (reply.status_code, error(reply)["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error(reply)["message"] == "no GPU left"
    assert error(reply)["details"][0]["metadata"] == {"zone": "a"}


FULL = [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")]


@pytest.mark.parametrize("full", FULL)
def test_a_full_disk_is_told_at_once(answering, full):
    reply = answering(full)("POST", f"{VERTEX}{PARENT}/endpoints", json={"displayName": "x"})

    assert (reply.status_code, error(reply)["status"]) == (400, "FAILED_PRECONDITION")
    assert reason(reply) == "LOCAL_CLOUD_DISK_FULL"


@pytest.mark.parametrize("full", FULL)
def test_a_full_disk_under_an_upload_is_told_at_once_too(call, monkeypatch, full):
    def refuse(self, key):
        raise full

    call("POST", f"{STORAGE}/storage/v1/b?project=student", json={"name": "lab-data"})
    monkeypatch.setattr(Blobs, "create", refuse)

    reply = call("POST", f"{STORAGE}/upload/storage/v1/b/lab-data/o?uploadType=media&name=x", content=b"data")

    assert reply.status_code == 400
    assert "disk that holds the local cloud is full" in error(reply)["message"]


def test_a_verb_may_be_overridden(answering, cloud):
    empty = cloud.registry.message("google.longrunning.Operation")()
    seen = []

    def answer(request, context):
        seen.append(context.method.name)
        return empty

    reply = answering(answer)(
        "POST", f"{VERTEX}{PARENT}/endpoints/7", headers={"x-http-method-override": "DELETE"}, content=b""
    )

    assert (reply.status_code, seen) == (200, ["DeleteEndpoint"])


def test_what_a_handler_says_besides_its_response_goes_out_as_headers(answering, cloud):
    def answer(request, context):
        context.reply_headers["x-vertex-ai-endpoint-id"] = "7"
        return cloud.registry.package("google.cloud.aiplatform.v1").Endpoint(name=request.name)

    reply = answering(answer)("GET", f"{VERTEX}{PARENT}/endpoints/7")

    assert reply.headers["x-vertex-ai-endpoint-id"] == "7"
    assert reply.json() == {"name": "projects/student/locations/us-central1/endpoints/7"}


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_bug_of_ours(cloud, loop, authorization, caplog):
    async def leave():
        events = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def receive():
            return next(events)

        async def send(_event):
            """Nobody is there to read it."""

        headers = [(b"host", b"us-central1-aiplatform.googleapis.com"), (b"authorization", authorization.encode())]
        path = f"{PARENT}/endpoints"
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
        app = HttpTransport(cloud.registry, cloud.dispatcher, cloud.hand_routed, PlainTextResponse(""))
        await app({**scope, "headers": headers}, receive, send)

    loop.run_until_complete(leave())

    assert caplog.text == ""
