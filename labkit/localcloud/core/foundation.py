"""What every part of the cloud stands on, made once for a data folder."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.core.tasks import Tasks


@dataclass(frozen=True)
class Foundation:
    """The contract with Google's clients, the state, and time and chance as they are passed in."""

    registry: Registry
    store: Store
    resources: Resources
    operations: Operations
    projects: Projects
    tasks: Tasks
    clock: Clock
    ids: Ids

    @classmethod
    def over(cls, registry: Registry, store: Store, *, project: str, clock: Clock, ids: Ids) -> Foundation:
        """`project` is the id of the default one, which need not be there yet."""
        resources, tasks = Resources(store), Tasks()
        return cls(
            registry=registry,
            store=store,
            resources=resources,
            operations=Operations(registry, resources, ids, tasks),
            projects=Projects(store, clock, ids, default=project),
            tasks=tasks,
            clock=clock,
            ids=ids,
        )
