"""Long-running operations (AIP-151): a reply now, its outcome later, both kept over a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.requirement import open_to_callers
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.status import to_status
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import ApiError, Code


class Operations:
    """Starts, keeps and finishes google.longrunning.Operation messages."""

    def __init__(self, registry: Registry, resources: Resources, ids: Ids, tasks: Tasks) -> None:
        self._registry = registry
        self._resources = resources
        self._ids = ids
        self._tasks = tasks
        self._types = registry.package("google.longrunning")

    def done(self, parent: str, response: Any, metadata: Any) -> Any:
        """An operation whose work is done already; `parent` is "projects/…/locations/…"."""
        return self.done_as(f"{parent}/operations/{self._ids.numeric()}", response, metadata)

    def done_as(self, name: str, response: Any, metadata: Any) -> Any:
        """The same under a name of the API's own form: "operations/cp.1234"."""
        operation = self._new(name, metadata)
        operation.done = True
        operation.response.Pack(response)
        self._resources.insert(operation)
        return operation

    def start(self, parent: str, metadata: Any, work: Coroutine[Any, Any, Any], *, domain: str) -> Any:
        """An operation that ends with what `work` returns (a message), or with the ApiError it raises."""
        operation = self._new(f"{parent}/operations/{self._ids.numeric()}", metadata)
        self._resources.insert(operation)
        self._tasks.start(self._run(operation.name, work, domain))
        return operation

    def get(self, name: str) -> Any:
        """Raises NOT_FOUND naming the operation."""
        return self._resources.get(self._types.Operation, name)

    def fail_interrupted(self) -> None:
        """At start-up: what was running when the server ended did not finish, and says so."""
        for operation in self._resources.children(self._types.Operation, ""):
            if not operation.done:
                error = ApiError(Code.ABORTED, "The local cloud stopped while this operation ran. Start it again.")
                self._fail(operation, error, domain="")

    def _new(self, name: str, metadata: Any) -> Any:
        operation = self._types.Operation(name=name)
        operation.metadata.Pack(metadata)
        return operation

    async def _run(self, name: str, work: Coroutine[Any, Any, Any], domain: str) -> None:
        operation = self.get(name)
        try:
            operation.response.Pack(await work)
            operation.done = True
            self._resources.update(operation)
        except Exception as error:  # noqa: BLE001 - whatever the work raised, its caller waits for an answer.
            self._fail(operation, as_api_error(error), domain)

    def _fail(self, operation: Any, error: ApiError, domain: str) -> None:
        operation.done = True
        operation.error.CopyFrom(to_status(error, self._registry, domain))
        self._resources.update(operation)


# Google asks for a permission of the API's own here, such as aiplatform.customJobs.get. The id of an operation is a
# number that only its creator was told.
_NAME_IS_THE_KEY = "the caller was given the operation's name"


class OperationsService:
    """google.longrunning.Operations, for every API that has long-running RPCs."""

    service = "google.longrunning.Operations"

    # WaitOperation may answer before the work is done; Google waits this long where the caller sets no limit.
    _WAIT_SECONDS = 30.0
    _POLL_SECONDS = 0.05

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    @open_to_callers(_NAME_IS_THE_KEY)
    def GetOperation(self, request: Any, context: Context) -> Any:
        return self._operations.get(request.name)

    @open_to_callers(_NAME_IS_THE_KEY)
    async def WaitOperation(self, request: Any, context: Context) -> Any:
        limit = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else self._WAIT_SECONDS
        deadline = time.monotonic() + min(limit, self._WAIT_SECONDS)
        operation = self._operations.get(request.name)
        while not operation.done and time.monotonic() < deadline:
            await asyncio.sleep(self._POLL_SECONDS)
            operation = self._operations.get(request.name)
        return operation
