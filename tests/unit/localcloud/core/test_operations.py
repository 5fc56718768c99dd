import asyncio
import errno
import time

import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations, OperationsService
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import ApiError, Code

PARENT = "projects/1/locations/us-central1"
HOST = "aiplatform.googleapis.com"
registry = Registry()
vertex = registry.package("google.cloud.aiplatform.v1")
longrunning = registry.package("google.longrunning")
METADATA = vertex.UploadModelOperationMetadata()


class Cloud:
    """Operations over a data folder, and the service that clients ask."""

    def __init__(self, folder):
        self.store = Store(folder / "cloud.db")
        self.resources = Resources(self.store)
        self.tasks = Tasks()
        self.operations = Operations(registry, self.resources, Ids(), self.tasks)
        self.service = OperationsService(self.operations)

    def start(self, work):
        return self.operations.start(PARENT, METADATA, work, domain=HOST).name

    async def wait(self, name, seconds=None):
        request = longrunning.WaitOperationRequest(name=name)
        if seconds is not None:
            request.timeout.FromMilliseconds(int(seconds * 1000))
        return await self.service.WaitOperation(request, None)


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud(tmp_path)
    yield cloud
    cloud.store.close()


async def uploaded():
    await asyncio.sleep(0)
    return vertex.UploadModelResponse(model="models/7")


async def stuck():
    await asyncio.Event().wait()


def failing(error):
    async def work():
        raise error

    return work()


def outcome(cloud, work):
    """The operation that `work` ends with."""

    async def scenario():
        return await cloud.wait(cloud.start(work))

    return asyncio.run(scenario())


def test_work_that_is_done_already_is_an_operation_that_is_done_and_kept(cloud):
    operation = cloud.operations.done(PARENT, vertex.Endpoint(name="endpoints/7"), METADATA)

    answer = vertex.Endpoint()
    assert operation.done
    assert operation.response.Unpack(answer)
    assert answer.name == "endpoints/7"
    assert operation.name.startswith(f"{PARENT}/operations/")
    assert cloud.operations.get(operation.name) == operation


def test_work_is_answered_before_it_is_done(cloud):
    async def scenario():
        operation = cloud.operations.start(PARENT, METADATA, stuck(), domain=HOST)
        assert not operation.done
        assert operation.metadata.Is(METADATA.DESCRIPTOR)
        request = longrunning.GetOperationRequest(name=operation.name)
        await asyncio.sleep(0)
        assert cloud.service.GetOperation(request, None) == operation
        await cloud.tasks.stop()

    asyncio.run(scenario())


def test_an_operation_ends_with_what_its_work_returns(cloud):
    operation = outcome(cloud, uploaded())

    answer = vertex.UploadModelResponse()
    assert operation.done
    assert operation.response.Unpack(answer)
    assert answer.model == "models/7"
    assert operation.metadata.Is(METADATA.DESCRIPTOR)


def test_an_operation_whose_work_is_refused_ends_with_the_refusal_and_its_details(cloud):
    operation = outcome(cloud, failing(ApiError.unimplemented("Upload")))

    info = registry.message("google.rpc.ErrorInfo")()
    assert operation.done
    assert (operation.error.code, operation.WhichOneof("result")) == (Code.UNIMPLEMENTED.number, "error")
    assert operation.error.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("LOCAL_CLOUD_UNIMPLEMENTED", HOST)


def test_an_operation_whose_work_has_a_bug_ends_all_the_same_and_the_bug_is_logged(cloud, caplog):
    operation = outcome(cloud, failing(KeyError("model")))

    assert operation.error.code == Code.INTERNAL.number
    assert "KeyError: 'model'" in operation.error.message
    assert "Traceback" not in operation.error.message
    assert "Traceback" in caplog.text


def test_an_operation_whose_work_meets_a_full_disk_says_so(cloud):
    operation = outcome(cloud, failing(OSError(errno.ENOSPC, "No space left on device")))

    assert operation.error.code == Code.FAILED_PRECONDITION.number
    assert "disk that holds the local cloud is full" in operation.error.message


def test_an_operation_whose_work_returns_no_message_ends_all_the_same(cloud):
    async def nothing():
        return None

    assert outcome(cloud, nothing()).error.code == Code.INTERNAL.number


def test_an_operation_that_the_server_did_not_live_to_finish_is_aborted_at_the_next_start(cloud, tmp_path):
    async def scenario():
        name = cloud.start(stuck())
        await asyncio.sleep(0)
        await cloud.tasks.stop()
        return name

    name = asyncio.run(scenario())
    finished = cloud.operations.done(PARENT, vertex.Endpoint(), METADATA)
    again = Cloud(tmp_path)

    again.operations.fail_interrupted()

    operation = again.operations.get(name)
    assert operation.done
    assert operation.error.code == Code.ABORTED.number
    assert "Start it again" in operation.error.message
    assert again.operations.get(finished.name) == finished
    again.store.close()


def test_waiting_ends_with_the_work(cloud):
    async def scenario():
        release = asyncio.Event()

        async def work():
            await release.wait()
            return vertex.UploadModelResponse()

        waiting = asyncio.create_task(cloud.wait(cloud.start(work())))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        release.set()
        assert (await asyncio.wait_for(waiting, 1)).done

    asyncio.run(scenario())


def test_waiting_ends_with_the_callers_patience_and_tells_how_far_it_is(cloud):
    async def scenario():
        begun = time.monotonic()
        operation = await cloud.wait(cloud.start(stuck()), seconds=0.1)
        assert not operation.done
        assert 0.1 <= time.monotonic() - begun < 5
        await cloud.tasks.stop()

    asyncio.run(scenario())


def test_an_operation_that_nobody_started_is_named(cloud):
    request = longrunning.GetOperationRequest(name=f"{PARENT}/operations/9")

    with pytest.raises(ApiError, match=f"{PARENT}/operations/9 is not found"):
        cloud.service.GetOperation(request, None)
    with pytest.raises(ApiError, match="operations/9 is not found"):
        asyncio.run(cloud.wait(request.name))
