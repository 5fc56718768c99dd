"""What a scripted fault does to an HTTP exchange, seen from both its ends."""

import json
import random

import pytest

from labkit.localcloud.core.faults import Fault, Faults, Kind, Rule
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import Code
from labkit.localcloud.wire.connection import STATE_KEY, Connection
from labkit.localcloud.wire.faulty_http import FaultyHttp, MethodName
from tests.fakes import FakeClock

REPLY = b"0123456789"


class Transport:
    """Notes how a connection is ended."""

    def __init__(self):
        self.ended = ""

    def get_extra_info(self, name):
        return None

    def abort(self):
        self.ended = "reset"

    def close(self):
        self.ended = "closed"


class Application:
    """Reads all it is sent, then replies in two pieces."""

    def __init__(self):
        self.received = b""
        self.saw_the_client_go = False

    async def __call__(self, scope, receive, send):
        more = True
        while more and not self.saw_the_client_go:
            message = await receive()
            self.saw_the_client_go = message["type"] == "http.disconnect"
            self.received += message.get("body", b"")
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": REPLY[:4], "more_body": True})
        await send({"type": "http.response.body", "body": REPLY[4:], "more_body": False})


class Edge:
    """The application behind a script, and what a client of it sees."""

    def __init__(self, loop):
        self.faults = Faults(FakeClock(), Ids(random.Random(1)))
        self.application = Application()
        self.transport = Transport()
        self.status, self.body = 0, b""
        self._loop = loop

    def ask(self, fault, *pieces, headers=()):
        self.faults.add([Rule(fault)])
        edge = FaultyHttp(self.application, self.faults, lambda verb, host, path: MethodName("s", "m", path))
        messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        messages.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            self.status = message.get("status", self.status)
            self.body += message.get("body", b"")

        scope = {"type": "http", "method": "PUT", "path": "/o", "raw_path": b"/o", "headers": list(headers)}
        scope["state"] = {STATE_KEY: Connection(lambda: self.transport)}
        self._loop.run_until_complete(edge(scope, receive, send))


@pytest.fixture
def edge(loop):
    return Edge(loop)


def test_an_error_is_answered_in_place_of_the_application(edge):
    edge.ask(Fault(Kind.ERROR, Code.RESOURCE_EXHAUSTED, message="Slow down."), b"data")

    assert edge.status == 429
    assert json.loads(edge.body)["error"] == {
        "code": 429,
        "message": "Slow down.",
        "status": "RESOURCE_EXHAUSTED",
        "errors": [{"message": "Slow down.", "domain": "global", "reason": "backendError"}],
    }
    assert edge.application.received == b""


def test_a_status_without_a_canonical_code_is_answered_as_it_is(edge):
    edge.ask(Fault(Kind.ERROR, http=408))

    assert edge.status == 408
    assert "status" not in json.loads(edge.body)["error"]


def test_an_upload_fails_after_the_bytes_that_the_application_may_keep(edge):
    edge.ask(Fault(Kind.ERROR, http=503, after_bytes=6), b"abcd", b"efgh")

    assert edge.application.received == b"abcdef"
    assert edge.application.saw_the_client_go
    assert edge.status == 503


def test_the_bytes_of_a_resumable_upload_count_from_its_first(edge):
    edge.ask(Fault(Kind.ERROR, http=503, after_bytes=6), b"efgh", headers=[(b"content-range", b"bytes 4-7/8")])

    assert edge.application.received == b"ef"
    assert edge.status == 503


def test_an_upload_that_does_not_come_so_far_is_left_alone(edge):
    edge.ask(Fault(Kind.ERROR, http=503, after_bytes=6), b"abcd")

    assert edge.application.received == b"abcd"
    assert edge.body == REPLY
    assert not edge.faults.record


def test_a_reset_connection_does_nothing_else(edge):
    edge.ask(Fault(Kind.RESET), b"data")

    assert (edge.transport.ended, edge.status) == ("reset", 0)
    assert edge.application.received == b""


def test_a_lost_reply_is_lost_after_the_work(edge):
    edge.ask(Fault(Kind.LOST_REPLY), b"data")

    assert edge.application.received == b"data"
    assert (edge.transport.ended, edge.status) == ("reset", 0)


@pytest.mark.parametrize("after", [1, 4, 6])
def test_a_broken_stream_ends_after_its_bytes(edge, after):
    edge.ask(Fault(Kind.BROKEN_STREAM, after_bytes=after))

    assert (edge.status, edge.body, edge.transport.ended) == (200, REPLY[:after], "closed")


def test_a_reply_that_is_too_short_to_break_arrives(edge):
    edge.ask(Fault(Kind.BROKEN_STREAM, after_bytes=11))

    assert (edge.body, edge.transport.ended) == (REPLY, "")
    assert not edge.faults.record


def test_a_delay_changes_nothing_but_the_time(edge):
    edge.ask(Fault(Kind.DELAY, delay=0.001), b"data")

    assert (edge.application.received, edge.body) == (b"data", REPLY)
    assert len(edge.faults.record) == 1
