"""Puts the local cloud together: every part, made once, in one place. A new service is added here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.clock import Clock, SystemClock
from labkit.localcloud.core.dispatch import Dispatcher, Service
from labkit.localcloud.core.faults import Faults
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.ledger import NothingIsPriced
from labkit.localcloud.core.machine_identity import MachineIdentities
from labkit.localcloud.core.operations import Operations, OperationsService
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.identity import Identity
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.services.billing.credit import CreditApi
from labkit.localcloud.services.identity_services import IdentityServices
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.logging.service import LoggingService
from labkit.localcloud.services.project_setup import ProjectSetup, SetupParts
from labkit.localcloud.services.resource_manager.v1 import ResourceManagerV1
from labkit.localcloud.services.storage import method_names
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.retry_tests import RetryTests
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.surfaces import surfaces
from labkit.localcloud.services.vertex.acting import Acting
from labkit.localcloud.services.vertex.machines import Machines
from labkit.localcloud.services.vertex.names import Names
from labkit.localcloud.services.vertex.parts import Parts
from labkit.localcloud.services.vertex.vertex import Vertex
from labkit.localcloud.wire.faulty_http import MethodName


@dataclass(frozen=True)
class Cloud:
    """What the server serves, and what it must open and close."""

    registry: Registry
    projects: Projects
    setup: ProjectSetup
    identity: Identity
    clock: Clock
    dispatcher: Dispatcher
    hand_routed: Sequence[HandRouted]
    faults: Faults
    store: Store
    tasks: Tasks
    operations: Operations
    storage: Storage
    vertex: Vertex

    def method_name(self, verb: str, host: str, path: str) -> MethodName | None:
        """What a script of faults calls the method of an HTTP request, and its resource."""
        by_hand = method_names.method_name(verb, host, path)
        if by_hand is not None:
            return by_hand
        call = self.registry.route(verb, host, path)
        if call is None:
            return None
        resource = next(iter(call.variables.values()), "")
        return MethodName(call.method.api.host, call.method.descriptor.full_name, resource)

    def start(self, environment: Mapping[str, str], identities: MachineIdentities) -> None:
        """Take up what the last server left. `environment` is what a student's process is given."""
        self.operations.fail_interrupted()
        self.vertex.start(environment, identities)
        self.tasks.start(self.storage.housekeeping.run())

    async def close(self) -> None:
        await self.vertex.close()
        await self.tasks.stop()
        self.store.close()


def assemble(home: Path, *, project: str, images: Path, clock: Clock | None = None) -> Cloud:
    """A cloud whose state is in `home`."""
    clock = clock or SystemClock()
    ids = Ids()
    registry = Registry()
    store = Store(home / "cloud.db")
    resources = Resources(store)
    tasks = Tasks()
    projects = Projects(store, clock, ids, default=project)
    policies = Policies(store, clock)
    identity = Identity.over(home, store=store, policies=policies, clock=clock, ids=ids)
    bearers = identity.bearers
    operations = Operations(registry, resources, ids, tasks)
    book = LogBook(registry, store, clock, ids)
    storage = Storage(store, Blobs(home / "blobs", ids), clock, ids, projects, policies)
    parts = Parts(registry, Names(projects), Acting(identity.accounts), resources, operations, clock, ids)
    control = AccessControl.over(policies, identity.accounts, store=store, projects=projects, clock=clock)
    setup = ProjectSetup(
        SetupParts(
            registry=registry,
            store=store,
            resources=resources,
            operations=operations,
            projects=projects,
            control=control,
            service_accounts=identity.accounts,
            ledger=NothingIsPriced(),
            clock=clock,
            ids=ids,
        )
    )
    if projects.find(project) is None:
        setup.new_projects.create_students(project)
    identity.accounts.create_default(projects.default)
    access, state = control.authorizer, setup.enabled
    guard = Guard(storage, access, state, PublicAccess(setup.constraints))
    vertex = Vertex(parts, guard, book, tasks, Machines(home, ImageCatalogue(images)))
    about_identity = IdentityServices(registry, identity, control, setup.constraints, state, clock)
    services: list[Service] = [
        OperationsService(operations),
        *about_identity.services,
        *setup.services,
        LoggingService(registry, projects, book),
        *vertex.services,
    ]
    dispatcher = Dispatcher(bearers, access, state, services)
    faults = Faults(clock, ids)
    hand_routed: list[HandRouted] = [
        RetryTests(faults, bearers, ids),
        *surfaces(guard, bearers, identity.accounts, rules=control.rules, store=store, clock=clock),
        ResourceManagerV1(registry, dispatcher),
        *about_identity.hand_routed,
        CreditApi(registry, bearers, access, setup.accounts),
    ]
    return Cloud(
        registry=registry,
        projects=projects,
        setup=setup,
        identity=identity,
        clock=clock,
        dispatcher=dispatcher,
        hand_routed=hand_routed,
        faults=faults,
        store=store,
        tasks=tasks,
        operations=operations,
        storage=storage,
        vertex=vertex,
    )
