"""The organization policies of projects: kept, and asked by the services whose constraints they set."""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.constraints import AllowedValues
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.resources import Resources


class OrgPolicies:
    """Implements `core.constraints.Constraints`; without a policy nothing is enforced."""

    def __init__(self, registry: Registry, resources: Resources, projects: Projects) -> None:
        self._types = registry.package("google.cloud.orgpolicy.v2")
        self._resources = resources
        self._projects = projects

    def enforces(self, project: str, constraint: str) -> bool:
        return any(rule.enforce for rule in self._rules(project, constraint))

    def allowed_values(self, project: str, constraint: str) -> AllowedValues:
        """Rules add up; what one denies no other allows."""
        allowed: set[str] = set()
        denied: set[str] = set()
        restricts = False
        for rule in self._rules(project, constraint):
            if rule.deny_all:
                return AllowedValues(allowed=frozenset())
            allowed.update(rule.values.allowed_values)
            denied.update(rule.values.denied_values)
            restricts = restricts or bool(rule.values.allowed_values)
        return AllowedValues(frozenset(allowed) if restricts else None, frozenset(denied))

    def of(self, project: Project) -> list[Any]:
        """The project's Policy messages, oldest first."""
        return list(reversed(list(self._resources.children(self._types.Policy, f"projects/{project.number}"))))

    def find(self, project: Project, constraint: str) -> Any | None:
        return self._resources.find(self._types.Policy, f"projects/{project.number}/policies/{constraint}")

    def _rules(self, project_id: str, constraint: str) -> Any:
        project = self._projects.find(project_id)
        policy = self.find(project, constraint) if project else None
        return policy.spec.rules if policy is not None else ()
