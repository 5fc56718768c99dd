"""What tests of several parts of the local cloud need."""

import asyncio

import pytest


@pytest.fixture
def loop():
    """An event loop of the test's own, closed with its threads."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
