import asyncio

import pytest

from labkit.localcloud.wire.gathering import GatheringTransport


class Wire(asyncio.Transport):
    """Notes what is sent."""

    def __init__(self):
        super().__init__()
        self.sent = []
        self.ended = ""

    def write(self, data):
        self.sent.append(data)

    def close(self):
        self.ended = "closed"

    def abort(self):
        self.ended = "aborted"

    def is_closing(self):
        return bool(self.ended)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def act(loop, wire):
    """Runs an action with the transport in one turn of the loop, then lets the loop turn."""

    async def scenario(action):
        action(GatheringTransport(wire))
        at_once = list(wire.sent)
        await asyncio.sleep(0)
        return at_once

    return lambda action: loop.run_until_complete(scenario(action))


def test_small_writes_of_one_turn_leave_together_at_its_end(act, wire):
    at_once = act(lambda transport: (transport.write(b"head "), transport.write(b"body")))

    assert (at_once, wire.sent) == ([], [b"head body"])


def test_who_knows_that_nothing_follows_need_not_wait(act):
    assert act(lambda transport: (transport.write(b"all"), transport.flush())) == [b"all"]


def test_much_leaves_at_once_behind_what_was_held(act, wire):
    large = bytes(1024 * 1024)
    at_once = act(lambda transport: (transport.write(b"head"), transport.write(large)))

    assert (at_once, wire.sent) == ([b"head" + large], [b"head" + large])


def test_what_is_held_still_leaves_before_the_connection_closes(act, wire):
    at_once = act(lambda transport: (transport.write(b"last"), transport.close()))

    assert (at_once, wire.ended) == ([b"last"], "closed")


def test_what_is_held_is_lost_when_the_connection_is_aborted(act, wire):
    act(lambda transport: (transport.write(b"lost"), transport.abort()))

    assert (wire.sent, wire.ended) == ([], "aborted")


def test_nothing_is_written_to_a_connection_that_closed_meanwhile(act, wire):
    act(lambda transport: (transport.write(b"late"), wire.close()))

    assert wire.sent == []
