"""The administration of faults, without the secret that `test_loopback` is about."""

import asyncio
import random

import httpx
import pytest
from starlette.requests import Request

from labkit.localcloud.core.faults import Exchange, Fault, Faults, Kind, Rule
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.edge.fault_scripts import FaultScripts
from labkit.localcloud.errors import Code
from tests.fakes import FakeClock

LIST = Exchange("storage.googleapis.com", "storage.objects.list", "b/lab-data")


@pytest.fixture
def faults():
    return Faults(FakeClock(), Ids(random.Random(1)))


@pytest.fixture
def ask(faults):
    scripts = FaultScripts(faults)

    async def app(scope, receive, send):
        response = await scripts.respond(Request(scope, receive))
        await response(scope, receive, send)

    async def request(verb, path, body):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(verb, path, json=body)

    return lambda verb, path="/labkit/faults", body=None: asyncio.run(request(verb, path, body))


def test_a_rule_is_set_with_all_it_may_say(ask, faults):
    fault = {"kind": "error", "code": "RESOURCE_EXHAUSTED", "http": 429, "message": "Slow down."}
    rule = {"service": "storage.*", "method": "storage.objects.list", "resource": "b/*", "times": None}
    reply = ask("POST", body={"rules": [{"fault": fault, **rule, "probability": 0.5, "seed": 7}]})

    assert reply.status_code == 200
    assert faults.scripts[reply.json()["id"]].rules == (
        Rule(
            Fault(Kind.ERROR, Code.RESOURCE_EXHAUSTED, 429, "Slow down."),
            service="storage.*",
            method="storage.objects.list",
            resource="b/*",
            times=None,
            probability=0.5,
            seed=7,
        ),
    )


def test_a_rule_that_says_little_is_for_one_call_of_any_kind(ask, faults):
    ask("POST", body={"rules": [{"fault": {"kind": "reset_connection"}}]})

    (script,) = faults.scripts.values()
    assert script.rules == (Rule(Fault(Kind.RESET)),)


def test_what_struck_can_be_read_back(ask, faults):
    script = ask("POST", body={"rules": [{"fault": {"kind": "error"}}]}).json()["id"]
    faults.due(LIST).take()

    state = ask("GET").json()
    assert state["scripts"] == [{"id": script, "completed": True, "left": 0}]
    assert state["record"] == [
        {
            "time": "2026-09-01T00:00:00+00:00",
            "script": script,
            "service": LIST.service,
            "method": LIST.method,
            "resource": LIST.resource,
            "kind": "error",
        }
    ]


def test_one_script_or_all_are_forgotten(ask):
    first, _ = (ask("POST", body={"rules": [{"fault": {"kind": "error"}}]}).json()["id"] for _ in range(2))

    assert len(ask("DELETE", f"/labkit/faults/{first}").json()["scripts"]) == 1
    assert ask("DELETE").json() == {"scripts": [], "record": []}
    assert ask("DELETE", f"/labkit/faults/{first}").status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "The body is no"),
        ({"rules": []}, "rules is empty"),
        ({"rules": [{}]}, "fault is None"),
        ({"rules": [{"fault": {"kind": "meteor"}}]}, "fault.kind is 'meteor'; choose from error, reset_connection"),
        ({"rules": [{"fault": {"code": "OK"}}]}, "fault.code is 'OK'; choose from"),
        ({"rules": [{"fault": {"http": 200}}]}, "fault.http is 200; give a status from 400 to 599"),
        ({"rules": [{"fault": {}, "times": 0}]}, "rules.times is 0; give a number from 1 up"),
        ({"rules": [{"fault": {}, "host": "x"}]}, "rules has no field 'host'; there are fault, method"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_reason(ask, faults, body, says):
    reply = ask("POST", body=body)

    assert reply.status_code == 400
    assert says in reply.json()["error"]
    assert not faults.scripts
