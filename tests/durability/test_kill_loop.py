"""`kill -9` at any moment, under writers: `make durability` runs many more rounds of it than `make test`."""

import os

import pytest

from labkit import cloud, settings
from tests.durability import kill_loop

# How often the server is killed, and what draws the moments: the same seed gives the same sizes and names.
ROUNDS = int(os.environ.get("LABKIT_KILL_ROUNDS", "4"))
SEED = int(os.environ.get("LABKIT_KILL_SEED", "1"))


@pytest.fixture
def daemon(tmp_path):
    daemon = cloud.daemon(settings.load({"LABKIT_HOME": str(tmp_path)}))
    yield daemon
    daemon.stop()


def test_nothing_acknowledged_is_lost_or_corrupt(daemon):
    tally = kill_loop.run(daemon, ROUNDS, SEED)
    print(f"\n{tally}")

    assert tally.wrong == []
    assert tally.kills == ROUNDS
    assert tally.acknowledged > ROUNDS
