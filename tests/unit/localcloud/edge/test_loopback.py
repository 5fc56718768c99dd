import asyncio

import httpx
import pytest

from labkit.localcloud.core.faults import Faults
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Project
from labkit.localcloud.edge.fault_scripts import FaultScripts
from labkit.localcloud.edge.identities import Identities
from labkit.localcloud.edge.loopback import Loopback
from labkit.localcloud.edge.metadata import Machine, MetadataServer

SECRET = {"X-Labkit-Secret": "s3cret"}


@pytest.fixture
def stops():
    return []


class OneProject:
    default = Project("student", "42")


@pytest.fixture
def ask(stops, identity, clock):
    machine = Machine(OneProject.default, "us-central1-a", OneProject.default.default_service_account)
    app = Loopback(
        MetadataServer(machine, identity.issuer, clock),
        FaultScripts(Faults(clock, Ids())),
        Identities(identity.issuer, OneProject()),
        "s3cret",
        lambda: stops.append("stopped"),
    )

    async def request(verb, path, headers, **options):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8700") as client:
            return await client.request(verb, path, headers=headers, **options)

    return lambda verb, path, headers=SECRET, **options: asyncio.run(request(verb, path, headers, **options))


def test_the_server_tells_its_owner_that_it_is_ready(ask):
    assert ask("GET", "/labkit/health").json() == {"ready": True}


def test_the_server_is_stopped_by_its_owner(ask, stops):
    assert ask("POST", "/labkit/stop").json() == {"stopping": True}
    assert stops == ["stopped"]


@pytest.mark.parametrize("headers", [{}, {"X-Labkit-Secret": ""}, {"X-Labkit-Secret": "s3cre"}])
def test_nobody_else_may_ask_or_stop_it(ask, stops, headers):
    assert ask("GET", "/labkit/health", headers).status_code == 403
    assert ask("POST", "/labkit/stop", headers).status_code == 403
    assert ask("POST", "/labkit/faults", headers).status_code == 403
    assert ask("POST", "/labkit/identities", headers, json={"user": "student"}).status_code == 403
    assert stops == []


def test_a_secret_of_other_letters_is_refused_and_is_no_fault(ask):
    assert ask("GET", "/labkit/health", {b"X-Labkit-Secret": "s3cret\xe9".encode("latin-1")}).status_code == 403


@pytest.mark.parametrize(("verb", "path"), [("GET", "/labkit/stop"), ("POST", "/labkit/health"), ("GET", "/labkit/x")])
def test_what_is_not_there_is_named(ask, stops, verb, path):
    reply = ask(verb, path)

    assert reply.status_code == 404
    assert f"{verb} {path}" in reply.json()["error"]
    assert stops == []


def test_every_other_path_is_the_metadata_servers(ask):
    headers = {"Metadata-Flavor": "Google"}

    assert ask("GET", "/computeMetadata/v1/project/project-id", headers).text == "student"


def test_a_host_header_that_is_no_address_is_no_fault(ask):
    assert ask("GET", "/labkit/health", {**SECRET, "host": "localhost:["}).status_code == 200


@pytest.mark.parametrize(
    ("user", "email"),
    [
        ("student", "student@example.com"),
        ("teacher", "teacher@example.com"),
        ("second@example.com", "second@example.com"),
    ],
)
def test_a_user_gets_a_file_as_gcloud_writes_it_after_signing_in(ask, identity, user, email):
    content = ask("POST", "/labkit/identities", json={"user": user}).json()

    assert (content["type"], content["account"], content["quota_project_id"]) == ("authorized_user", email, "student")
    assert identity.tokens.read_refresh(content["refresh_token"]).principal.email == email


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"user": 7}', '{"user": "nobody"}', '{"user": "a@b.iam.gserviceaccount.com"}']
)
def test_nobody_else_gets_one(ask, body):
    reply = ask("POST", "/labkit/identities", content=body)

    assert (reply.status_code, "student, teacher" in reply.json()["error"]) == (400, True)
