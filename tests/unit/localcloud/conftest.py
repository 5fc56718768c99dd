"""What tests of several parts of the local cloud need."""

import asyncio

import pytest

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.identity import Identity
from labkit.localcloud.iam.policies import Policies
from tests.fakes import FakeClock


@pytest.fixture
def loop():
    """An event loop of the test's own, closed with its threads."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def identity(tmp_path, clock):
    """Accounts, keys and tokens of a cloud that has none yet."""
    store = Store(tmp_path / "identity.db")
    yield Identity.over(tmp_path, store=store, policies=Policies(store, clock), clock=clock, ids=Ids())
    store.close()
