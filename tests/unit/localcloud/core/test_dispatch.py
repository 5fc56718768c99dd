import asyncio

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code

HOST = "us-central1-aiplatform.googleapis.com"
JOBS = "google.cloud.aiplatform.v1.JobService"
ALICE = Principal("alice@example.com")
registry = Registry()


class Doorkeeper:
    """Lets in whoever says "alice", and keeps for which service."""

    def __init__(self):
        self.asked = []

    def authenticate(self, authorization, service):
        self.asked.append(service)
        if authorization != "alice":
            raise ApiError(Code.UNAUTHENTICATED, "who?")
        return ALICE


class JobService:
    service = JOBS

    def __init__(self):
        self.calls = []

    def GetCustomJob(self, request, context):  # noqa: N802 - as Google names it.
        self.calls.append((request, context))
        context.reply_headers["x-seen"] = "yes"
        return "job"

    async def CancelCustomJob(self, request, context):  # noqa: N802 - as Google names it.
        await asyncio.sleep(0)
        return "cancelled"


@pytest.fixture
def jobs():
    return JobService()


@pytest.fixture
def doorkeeper():
    return Doorkeeper()


@pytest.fixture
def call(jobs, doorkeeper):
    dispatcher = Dispatcher(doorkeeper, [jobs])

    def call(rpc, request=None, authorization="alice"):
        method = registry.method(f"/{rpc}", HOST)
        return asyncio.run(dispatcher.call(method, request, authorization=authorization, host=HOST))

    return call


def test_the_handler_that_bears_the_rpcs_name_is_called_with_who_asks_and_where(call, jobs):
    reply = call(f"{JOBS}/GetCustomJob", "request")

    (request, context) = jobs.calls[0]
    assert (request, context.principal, context.host) == ("request", ALICE, HOST)
    assert context.method.name == "GetCustomJob"
    assert (reply.message, reply.headers) == ("job", {"x-seen": "yes"})


def test_a_handler_may_be_a_coroutine(call):
    assert call(f"{JOBS}/CancelCustomJob").message == "cancelled"


@pytest.mark.parametrize(
    "rpc", [f"{JOBS}/CreateNasJob", "google.cloud.aiplatform.v1.DatasetService/GetDataset"], ids=["rpc", "service"]
)
def test_what_is_not_written_is_refused_by_its_name(call, rpc):
    with pytest.raises(ApiError, match=rpc.replace("/", ".")) as refused:
        call(rpc)

    assert refused.value.code is Code.UNIMPLEMENTED


def test_a_stranger_learns_nothing_and_no_handler_runs(call, jobs, doorkeeper):
    for rpc in ("GetCustomJob", "CreateNasJob"):
        with pytest.raises(ApiError, match="who"):
            call(f"{JOBS}/{rpc}", authorization="mallory")

    assert jobs.calls == []
    assert doorkeeper.asked == ["aiplatform.googleapis.com"] * 2
