"""Puts the local cloud together: every part, made once, in one place. A new service is added here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.clock import Clock, SystemClock
from labkit.localcloud.core.dispatch import Dispatcher, Service
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations, OperationsService
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.tokens import Tokens, load_key
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.logging.service import LoggingService
from labkit.localcloud.services.resource_manager import ResourceManagerProjects
from labkit.localcloud.services.storage.api import StorageApi
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.vertex.machines import Machines
from labkit.localcloud.services.vertex.names import Names
from labkit.localcloud.services.vertex.parts import Parts
from labkit.localcloud.services.vertex.vertex import Vertex

_PROJECT_NUMBER = "100000000001"


@dataclass(frozen=True)
class Cloud:
    """What the server serves, and what it must open and close."""

    registry: Registry
    projects: Projects
    tokens: Tokens
    dispatcher: Dispatcher
    hand_routed: Sequence[HandRouted]
    store: Store
    tasks: Tasks
    operations: Operations
    vertex: Vertex

    def start(self, environment: Mapping[str, str]) -> None:
        """Take up what the last server left. `environment` is what a student's process is given."""
        self.operations.fail_interrupted()
        self.vertex.start(environment)

    async def close(self) -> None:
        await self.vertex.close()
        await self.tasks.stop()
        self.store.close()


class _Unguarded:
    """TEMPORARY (issue 3, in work): stands where iam.authorizer.Authorizer will."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def locate(self, service: str, name: str) -> Resource:
        parts = name.split("/")
        project = self._projects.find(parts[1]) if parts[0] == "projects" and len(parts) > 1 else None
        return Resource(service, name, project=project.id if project else "")

    def permits(self, principal: Principal, permission: str, resource: Resource) -> bool:
        return bool(resource.project)

    def require(self, principal: Principal, permission: str, resource: Resource) -> None:
        if not self.permits(principal, permission, resource):
            raise ApiError.denied(permission, resource.name, resource.service)


class _AllOn:
    """TEMPORARY (issue 3, in work): stands where Service Usage will."""

    def require_enabled(self, project: str, service: str) -> None: ...


def assemble(home: Path, *, project: str, images: Path, clock: Clock | None = None) -> Cloud:
    """A cloud whose state is in `home`."""
    clock = clock or SystemClock()
    ids = Ids()
    registry = Registry()
    store = Store(home / "cloud.db")
    resources = Resources(store)
    tasks = Tasks()
    projects = Projects(Project(project, _PROJECT_NUMBER))
    tokens = Tokens(load_key(home / "tokens.key"), clock)
    operations = Operations(registry, resources, ids, tasks)
    book = LogBook(registry, store, clock, ids)
    storage = Storage(store, Blobs(home / "blobs", ids), clock, ids, projects)
    parts = Parts(registry, Names(projects), resources, operations, clock, ids)
    vertex = Vertex(parts, storage, book, tasks, Machines(home, ImageCatalogue(images)))
    services: list[Service] = [
        OperationsService(operations),
        ResourceManagerProjects(registry, projects),
        LoggingService(registry, projects, book),
        *vertex.services,
    ]
    access, state = _Unguarded(projects), _AllOn()
    dispatcher = Dispatcher(tokens, access, state, services)
    hand_routed = [StorageApi(storage, tokens)]
    return Cloud(registry, projects, tokens, dispatcher, hand_routed, store, tasks, operations, vertex)
