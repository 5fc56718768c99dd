import asyncio
from types import SimpleNamespace

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError, Code
from tests.fakes import EnabledServices, GrantedAccess

HOST = "us-central1-aiplatform.googleapis.com"
JOBS = "google.cloud.aiplatform.v1.JobService"
JOB = "projects/student/locations/us-central1/customJobs/1"
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

    @requires("aiplatform.customJobs.get", on="name")
    def GetCustomJob(self, request, context):  # noqa: N802 - as Google names it.
        self.calls.append((request, context))
        context.reply_headers["x-seen"] = "yes"
        return "job"

    @open_to_callers("a test asks nothing")
    async def CancelCustomJob(self, request, context):  # noqa: N802 - as Google names it.
        await asyncio.sleep(0)
        return "cancelled"

    def ListCustomJobs(self, request, context):  # noqa: N802 - as Google names it.
        return "what nobody was asked for"


@pytest.fixture
def jobs():
    return JobService()


@pytest.fixture
def doorkeeper():
    return Doorkeeper()


@pytest.fixture
def access():
    return GrantedAccess(only={("aiplatform.customJobs.get", JOB)})


@pytest.fixture
def services_off():
    return []


@pytest.fixture
def call(jobs, doorkeeper, access, services_off):
    def call(rpc, request=None, authorization="alice"):
        dispatcher = Dispatcher(doorkeeper, access, EnabledServices(*services_off), [jobs])
        method = registry.method(f"/{rpc}", HOST)
        return asyncio.run(dispatcher.call(method, request, authorization=authorization, host=HOST))

    return call


def test_the_handler_that_bears_the_rpcs_name_is_called_with_who_asks_and_where(call, jobs):
    reply = call(f"{JOBS}/GetCustomJob", SimpleNamespace(name=JOB))

    (request, context) = jobs.calls[0]
    assert (request.name, context.principal, context.host) == (JOB, ALICE, HOST)
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


def test_a_caller_without_the_permission_is_denied_and_no_handler_runs(call, jobs, access):
    other = JOB.replace("/1", "/2")

    with pytest.raises(ApiError, match=r"Permission 'aiplatform.customJobs.get' denied on resource") as refused:
        call(f"{JOBS}/GetCustomJob", SimpleNamespace(name=other))

    assert refused.value.code is Code.PERMISSION_DENIED
    assert access.asked == [(ALICE.member, "aiplatform.customJobs.get", f"//aiplatform.googleapis.com/{other}")]
    assert jobs.calls == []


def test_an_api_that_is_off_is_told_before_a_missing_permission(call, services_off, access):
    services_off.append("aiplatform.googleapis.com")

    with pytest.raises(ApiError, match="is off in student"):
        call(f"{JOBS}/GetCustomJob", SimpleNamespace(name="projects/student/locations/us-central1/customJobs/2"))

    assert access.asked == []


def test_a_handler_that_does_not_say_what_it_demands_is_never_reached(call):
    with pytest.raises(TypeError, match="ListCustomJobs"):
        call(f"{JOBS}/ListCustomJobs")
