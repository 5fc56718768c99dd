"""What google-auth and gcloud ask of a metadata server, byte for byte."""

import asyncio
import html
import json

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.edge.metadata import Machine, MetadataServer

EMAIL = "42-compute@developer.gserviceaccount.com"
FLAVOR = {"Metadata-Flavor": "Google"}
ACCOUNT = {
    "aliases": ["default"],
    "email": EMAIL,
    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
}


@pytest.fixture
def account(identity):
    identity.accounts.create_default(Project("student", "42"))
    return identity.accounts.find(EMAIL)


@pytest.fixture
def get(identity, clock, account):
    server = MetadataServer(Machine(Project("student", "42"), "europe-west4-b", EMAIL), identity.issuer, clock)

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
        ("instance/id", "4000000000000000042"),
        ("instance/machine-type", "projects/42/machineTypes/e2-standard-4"),
        ("instance/hostname", "labkit.europe-west4-b.c.student.internal"),
        ("instance/attributes/", ""),
        ("project/attributes/", ""),
        ("project/?alt=text&recursive=true", "numeric-project-id 42\nproject-id student\n"),
        ("project/", "attributes/\nnumeric-project-id\nproject-id\n"),
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


@pytest.mark.parametrize("name", ["default", EMAIL])
def test_google_auth_learns_the_account_in_one_call(get, name):
    reply = get(f"/computeMetadata/v1/instance/service-accounts/{name}/?recursive=true")

    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == ACCOUNT


def test_a_whole_directory_comes_as_json_with_the_names_that_json_has(get):
    tree = get("/computeMetadata/v1/?recursive=true").json()

    assert tree["project"] == {"attributes": {}, "numericProjectId": 42, "projectId": "student"}
    assert tree["instance"]["serviceAccounts"] == {"default": ACCOUNT, EMAIL: ACCOUNT}
    assert "token" not in json.dumps(tree)


def test_a_value_comes_as_json_where_that_is_asked_for(get):
    assert get("/computeMetadata/v1/project/project-id?alt=json").json() == "student"
    assert get("/computeMetadata/v1/instance/service-accounts/default/scopes?alt=json").json() == ACCOUNT["scopes"]


def test_what_can_be_asked_of_an_account_is_listed(get):
    listed = get("/computeMetadata/v1/instance/service-accounts/default/").text

    assert listed == "aliases\nemail\nscopes\nidentity\ntoken\n"


@pytest.mark.parametrize("name", ["default", EMAIL])
def test_a_token_is_one_that_the_cloud_takes(get, identity, name):
    token = get(f"/computeMetadata/v1/instance/service-accounts/{name}/token").json()

    assert token["token_type"] == "Bearer"
    assert 3600 <= token["expires_in"] <= 3601
    assert identity.bearers.authenticate(f"Bearer {token['access_token']}", "x") == Principal(EMAIL)


def test_a_token_has_the_scopes_that_were_asked_for(get, identity):
    token = get("/computeMetadata/v1/instance/service-accounts/default/token?scopes=a,b").json()

    assert identity.bearers.credential(token["access_token"]).scopes == ("a", "b")


def test_an_id_token_says_for_whom_it_is(get, identity, account):
    path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=https://x.run.app"
    claims = identity.id_tokens.claims(get(path).text)

    assert (claims["aud"], claims["email"], claims["sub"]) == ("https://x.run.app", EMAIL, account.unique_id)
    assert "google" not in claims


def test_a_full_id_token_tells_of_the_machine_too(get, identity):
    path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=a&format=full"
    claims = identity.id_tokens.claims(get(path).text)

    assert claims["google"]["compute_engine"]["project_id"] == "student"
    assert claims["google"]["compute_engine"]["zone"] == "europe-west4-b"


def test_an_id_token_for_nobody_is_not_given(get):
    assert get("/computeMetadata/v1/instance/service-accounts/default/identity").status_code == 400


def test_an_account_that_is_gone_gives_no_tokens(get, identity, account):
    identity.accounts.delete(account)
    path = "/computeMetadata/v1/instance/service-accounts/default"

    assert get(f"{path}/token").status_code == get(f"{path}/identity?audience=a").status_code == 404


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
        "/computeMetadata/v1/instance/name/first",
        "/computeMetadata/v1/<script>",
        "/project/project-id",
        "/favicon.ico",
    ],
)
def test_what_is_not_there_is_named_as_google_names_it(get, path):
    reply = get(path)

    assert reply.status_code == 404
    assert reply.headers["metadata-flavor"] == "Google"
    assert f"<code>{html.escape(path)}</code> was not found on this server." in reply.text
