"""Google's testbench's way of asking for faults: https://github.com/googleapis/storage-testbench#retry-test-api"""

import asyncio
import random

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.faults import Exchange, Faults, Kind
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.method_names import NAMES
from labkit.localcloud.services.storage.retry_tests import RetryTests
from tests.fakes import FakeClock, OneCaller

HOST = "storage.googleapis.com"


@pytest.fixture
def faults():
    return Faults(FakeClock(), Ids(random.Random(1)))


@pytest.fixture
def ask(faults):
    api = RetryTests(faults, OneCaller(Principal("student@example.com")), Ids(random.Random(2)))

    async def app(scope, receive, send):
        request = Request(scope, receive)
        assert api.serves(HOST, scope["path"])
        try:
            response = await api.respond(request)
        except ApiError as error:
            response = api.refuse(request, error)
        await response(scope, receive, send)

    async def request(verb, path, body):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"https://{HOST}") as client:
            return await client.request(verb, path, json=body)

    return lambda verb, path, body=None: asyncio.run(request(verb, path, body))


@pytest.fixture
def begin(ask):
    def begin(**instructions):
        given = {name.replace("_", "."): words for name, words in instructions.items()}
        return ask("POST", "/retry_test", {"instructions": given}).json()["id"]

    return begin


def meet(faults, method, test_id):
    """The fault that a request of a test meets."""
    due = faults.due(Exchange(HOST, method, "b/lab-data", test_id))
    return due.fault if due and due.take() else None


@pytest.mark.parametrize(
    ("instruction", "kind", "http", "after_bytes"),
    [
        ("return-400", Kind.ERROR, 400, 0),
        ("return-401", Kind.ERROR, 401, 0),
        ("return-408", Kind.ERROR, 408, 0),
        ("return-503", Kind.ERROR, 503, 0),
        ("return-503-after-256K", Kind.ERROR, 503, 262_144),
        ("return-503-after-8192K", Kind.ERROR, 503, 8_388_608),
        ("return-broken-stream", Kind.BROKEN_STREAM, 0, 4),
        ("return-broken-stream-after-256K", Kind.BROKEN_STREAM, 0, 262_144),
        ("return-reset-connection", Kind.RESET, 0, 0),
    ],
)
def test_an_instruction_of_googles_suite_becomes_a_fault(begin, faults, instruction, kind, http, after_bytes):
    test_id = begin(storage_objects_get=[instruction])
    fault = meet(faults, "storage.objects.get", test_id)

    assert (fault.kind, fault.http, fault.after_bytes) == (kind, http, after_bytes)


def test_a_test_is_completed_when_every_instruction_has_struck(ask, begin, faults):
    test_id = begin(storage_objects_get=["return-503", "return-400"], storage_buckets_get=["return-503"])
    before = ask("GET", f"/retry_test/{test_id}").json()
    struck = [meet(faults, "storage.objects.get", test_id).http for _ in range(2)]
    between = ask("GET", f"/retry_test/{test_id}").json()
    meet(faults, "storage.buckets.get", test_id)

    assert (before["completed"], between["completed"]) == (False, False)
    assert struck == [503, 400]
    assert between["instructions"] == {"storage.objects.get": [], "storage.buckets.get": ["return-503"]}
    assert ask("GET", f"/retry_test/{test_id}").json()["completed"] is True


def test_requests_without_its_id_are_spared(begin, faults):
    begin(storage_objects_get=["return-503"])

    assert meet(faults, "storage.objects.get", "") is None


def test_a_deleted_test_strikes_no_more(ask, begin, faults):
    test_id = begin(storage_objects_get=["return-503"])

    assert ask("DELETE", f"/retry_test/{test_id}").status_code == 200
    assert meet(faults, "storage.objects.get", test_id) is None
    assert ask("GET", f"/retry_test/{test_id}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"instructions": []},
        {"instructions": {"storage.objects.fly": ["return-503"]}},
        {"instructions": {"storage.objects.get": "return-503"}},
        {"instructions": {"storage.objects.get": ["return-to-sender"]}},
    ],
)
def test_what_it_cannot_do_is_refused_and_leaves_no_script(ask, faults, body):
    assert ask("POST", "/retry_test", body).status_code == 400
    assert not faults.scripts


def test_all_47_methods_of_the_suite_have_their_names():
    assert len(NAMES) == 47
