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
from labkit.localcloud.core.foundation import Foundation
from labkit.localcloud.core.hand_routed import HandRouted
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.ledger import NothingIsPriced
from labkit.localcloud.core.machine_identity import MachineIdentities
from labkit.localcloud.core.operations import Operations, OperationsService
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.identity import Identity
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.services.billing.credit import CreditApi
from labkit.localcloud.services.identity_services import IdentityServices
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.logging.service import LoggingService
from labkit.localcloud.services.project_setup import ProjectSetup
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

    base: Foundation
    setup: ProjectSetup
    identity: Identity
    storage: Storage
    vertex: Vertex
    dispatcher: Dispatcher
    hand_routed: Sequence[HandRouted]
    faults: Faults

    @property
    def registry(self) -> Registry:
        return self.base.registry

    @property
    def projects(self) -> Projects:
        return self.base.projects

    @property
    def operations(self) -> Operations:
        return self.base.operations

    @property
    def store(self) -> Store:
        return self.base.store

    @property
    def clock(self) -> Clock:
        return self.base.clock

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
        self.base.tasks.start(self.storage.housekeeping.run())

    async def close(self) -> None:
        await self.vertex.close()
        await self.base.tasks.stop()
        self.store.close()


def assemble(home: Path, *, project: str, images: Path, clock: Clock | None = None) -> Cloud:
    """A cloud whose state is in `home`."""
    clock, ids = clock or SystemClock(), Ids()
    base = Foundation.over(Registry(), Store(home / "cloud.db"), project=project, clock=clock, ids=ids)
    policies = Policies(base.store, clock)
    identity = Identity.over(home, store=base.store, policies=policies, clock=clock, ids=ids)
    control = AccessControl.over(policies, identity.accounts, store=base.store, projects=base.projects, clock=clock)
    setup = ProjectSetup(base, control, identity.accounts, NothingIsPriced())
    if base.projects.find(project) is None:
        setup.new_projects.create_students(project)
    identity.accounts.create_default(base.projects.default)
    storage = Storage(base.store, Blobs(home / "blobs", ids), clock, ids, base.projects, policies)
    guard = Guard(storage, control.authorizer, setup.enabled, PublicAccess(setup.constraints))
    book = LogBook(base.registry, base.store, clock, ids)
    vertex = _vertex(base, identity, guard, book, Machines(home, ImageCatalogue(images)))
    about_identity = IdentityServices(base.registry, identity, control, setup.constraints, setup.enabled, clock)
    services: list[Service] = [
        OperationsService(base.operations),
        *about_identity.services,
        *setup.services,
        LoggingService(base.registry, base.projects, book),
        *vertex.services,
    ]
    dispatcher = Dispatcher(identity.bearers, control.authorizer, setup.enabled, services)
    faults = Faults(clock, ids)
    hand_routed: list[HandRouted] = [
        RetryTests(faults, identity.bearers, ids),
        *surfaces(guard, identity.bearers, identity.accounts, rules=control.rules, store=base.store, clock=clock),
        ResourceManagerV1(base.registry, dispatcher),
        *about_identity.hand_routed,
        CreditApi(base.registry, identity.bearers, control.authorizer, setup.accounts),
    ]
    return Cloud(base, setup, identity, storage, vertex, dispatcher, hand_routed, faults)


def _vertex(base: Foundation, identity: Identity, guard: Guard, book: LogBook, machines: Machines) -> Vertex:
    names, acting = Names(base.projects), Acting(identity.accounts)
    parts = Parts(base.registry, names, acting, base.resources, base.operations, base.clock, base.ids)
    return Vertex(parts, guard, book, base.tasks, machines)
