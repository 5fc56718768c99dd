"""Which APIs each project has enabled: kept, changed, and asked before every call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.service_usage import refusals
from labkit.localcloud.services.service_usage.activation import Activation
from labkit.localcloud.services.service_usage.catalogue import ALWAYS_ON, CATALOGUE, DEFAULTS, dependents, with_needs

_SCHEMA = """
CREATE TABLE IF NOT EXISTS enabled_services (
    project TEXT NOT NULL,
    service TEXT NOT NULL,
    PRIMARY KEY (project, service)
) WITHOUT ROWID;
"""

# What must be reachable in a project that is shut down: it can be restored.
_RESTORES = "cloudresourcemanager.googleapis.com"


class Billing(Protocol):
    """What Service Usage asks of Cloud Billing."""

    def is_enabled(self, project_id: str) -> bool:
        """Whether the project has a billing account that is open."""
        ...


class EnabledServices:
    """Implements `core.service_state.ServiceState`; projects are named by their ids."""

    def __init__(self, store: Store, projects: Projects, billing: Billing, activation: Activation) -> None:
        self._store = store
        self._projects = projects
        self._billing = billing
        self._activation = activation
        store.create(_SCHEMA)

    def require_enabled(self, project: str, service: str) -> None:
        """Raises PERMISSION_DENIED: the API is off, or the project has no billing, or it is shut down."""
        found = self._projects.find(project)
        if found is None:
            return  # IAM refuses what does not exist.
        if found.deleted and service != _RESTORES:
            raise refusals.project_deleted(found, service)
        if service in ALWAYS_ON:
            return
        if not self.is_enabled(project, service):
            raise refusals.service_disabled(found, service)
        if CATALOGUE[service].billable and not self._billing.is_enabled(project):
            raise refusals.billing_disabled(found, service)

    def is_enabled(self, project: str, service: str) -> bool:
        query = "SELECT 1 FROM enabled_services WHERE project = ? AND service = ?"
        return bool(self._store.lookup(query, (project, service)))

    def of(self, project: str) -> frozenset[str]:
        """The names of all that the project has enabled."""
        rows = self._store.connection.execute("SELECT service FROM enabled_services WHERE project = ?", (project,))
        return frozenset(row["service"] for row in rows)

    def enable_defaults(self, project: Project) -> None:
        """What a new project starts with, billing or not."""
        self._add(project, DEFAULTS)

    def enable(self, project: Project, names: Iterable[str]) -> None:
        """All or none, with what they need. Raises PERMISSION_DENIED for unknown ones, FAILED_PRECONDITION."""
        names = tuple(names)
        if unknown := [name for name in names if name not in CATALOGUE]:
            raise refusals.unknown_services(unknown)
        enabled = self.of(project.id)
        new = tuple(name for name in with_needs(names) if name not in enabled)
        billed = tuple(name for name in new if CATALOGUE[name].billable)
        if billed and not self._billing.is_enabled(project.id):
            raise refusals.billing_not_found(project, billed)
        self._add(project, new)

    def disable(self, project: Project, name: str, *, dependents_too: bool) -> None:
        """Raises PERMISSION_DENIED for an unknown one, FAILED_PRECONDITION where it is off or another needs it."""
        if name not in CATALOGUE:
            raise refusals.unknown_services([name])
        enabled = self.of(project.id)
        if name not in enabled:
            raise refusals.not_enabled(project, name)
        others = dependents(name, enabled)
        if others and not dependents_too:
            raise refusals.has_dependents(name, others)
        with self._store.transaction() as connection:
            connection.executemany(
                "DELETE FROM enabled_services WHERE project = ? AND service = ?",
                [(project.id, each) for each in (name, *others)],
            )

    def _add(self, project: Project, names: Iterable[str]) -> None:
        with self._store.transaction() as connection:
            for name in names:
                connection.execute("INSERT OR IGNORE INTO enabled_services VALUES (?, ?)", (project.id, name))
                self._activation.activated(project, name)
