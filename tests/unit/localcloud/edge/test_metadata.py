"""What google-auth and gcloud ask of a metadata server, byte for byte."""

import asyncio
import json

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.edge.metadata import MetadataServer
from labkit.localcloud.iam.tokens import Tokens
from tests.fakes import FakeClock

EMAIL = "42-compute@developer.gserviceaccount.com"
FLAVOR = {"Metadata-Flavor": "Google"}


@pytest.fixture
def tokens():
    return Tokens(b"k" * 32, FakeClock())


@pytest.fixture
def get(tokens):
    server = MetadataServer(Project("student", "42"), "europe-west4-b", tokens)

    async def app(scope, receive, send):
        await server.respond(Request(scope, receive))(scope, receive, send)

    async def ask(path, headers):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://metadata.google.internal") as client:
            return await client.get(path, headers=headers)

    return lambda path, headers=FLAVOR: asyncio.run(ask(path, headers))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project/project-id", "student"),
        ("project/numeric-project-id", "42"),
        ("instance/zone", "projects/42/zones/europe-west4-b"),
        ("instance/region", "projects/42/regions/europe-west4"),
        ("universe/universe-domain", "googleapis.com"),
        ("instance/service-accounts/", f"default/\n{EMAIL}/\n"),
        ("instance/service-accounts", f"default/\n{EMAIL}/\n"),
        ("instance/service-accounts/default/email", EMAIL),
        ("instance/service-accounts/default/scopes", "https://www.googleapis.com/auth/cloud-platform\n"),
        (f"instance/service-accounts/{EMAIL}/scopes", "https://www.googleapis.com/auth/cloud-platform\n"),
    ],
)
def test_a_key_has_its_value(get, key, value):
    reply = get(f"/computeMetadata/v1/{key}")

    assert (reply.status_code, reply.text) == (200, value)
    assert reply.headers["metadata-flavor"] == "Google"


@pytest.mark.parametrize("account", ["default", EMAIL])
def test_google_auth_learns_the_account_in_one_call(get, account):
    reply = get(f"/computeMetadata/v1/instance/service-accounts/{account}/?recursive=true")

    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {
        "aliases": ["default"],
        "email": EMAIL,
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }


@pytest.mark.parametrize("account", ["default", EMAIL])
def test_a_token_is_one_that_the_cloud_takes(get, tokens, account):
    reply = get(f"/computeMetadata/v1/instance/service-accounts/{account}/token?scopes=a,b")
    token = json.loads(reply.content)

    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert tokens.authenticate(f"Bearer {token['access_token']}", "x") == Principal(EMAIL)


def test_the_first_question_of_all_needs_no_header(get):
    assert get("/", {}).headers["metadata-flavor"] == "Google"


@pytest.mark.parametrize("headers", [{}, {"Metadata-Flavor": "google"}])
def test_a_web_page_which_cannot_send_the_header_learns_nothing(get, headers):
    reply = get("/computeMetadata/v1/instance/service-accounts/default/token", headers)

    assert reply.status_code == 403
    assert reply.text == "Missing Metadata-Flavor:Google header."


@pytest.mark.parametrize("path", ["/", "/computeMetadata/v1/project/project-id"])
def test_what_a_proxy_forwarded_is_refused(get, path):
    assert get(path, {**FLAVOR, "X-Forwarded-For": "10.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/computeMetadata/v1/instance/gpus",
        "/computeMetadata/v1/instance/service-accounts/other@example.com/token",
        "/computeMetadata/v1/instance/service-accounts/default/identity",
        "/computeMetadata/v1/",
        "/project/project-id",
        "/favicon.ico",
    ],
)
def test_what_is_not_there_is_named(get, path):
    reply = get(path)

    assert reply.status_code == 404
    assert repr(path.removeprefix("/computeMetadata/v1/")) in reply.text
