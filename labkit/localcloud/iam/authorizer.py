"""The decisions of IAM: does any binding, on the resource or above it, give this caller this permission now?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import conditions
from labkit.localcloud.iam.basic_roles import EDITOR, OWNER, VIEWER
from labkit.localcloud.iam.hierarchy import Hierarchy, project_policy_name
from labkit.localcloud.iam.members import PUBLIC, MemberKind, identities
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.policy import Binding, Policy
from labkit.localcloud.iam.roles import Roles

_ROLE_OF_CONVENIENCE = {
    MemberKind.PROJECT_OWNER.value: OWNER,
    MemberKind.PROJECT_EDITOR.value: EDITOR,
    MemberKind.PROJECT_VIEWER.value: VIEWER,
}

_PUBLIC = frozenset(kind.value for kind in PUBLIC)


@dataclass(frozen=True)
class Grant:
    """A binding that names the caller as `member`, in the policy of `resource`, its full name."""

    resource: str
    member: str
    binding: Binding


class Authorizer:
    """core.access.Access. What is granted or revoked counts at once: Google's takes minutes."""

    def __init__(self, policies: Policies, roles: Roles, hierarchy: Hierarchy, clock: Clock) -> None:
        self._policies = policies
        self._roles = roles
        self._hierarchy = hierarchy
        self._clock = clock

    def locate(self, service: str, name: str) -> Resource:
        return self._hierarchy.locate(service, name)

    def permits(self, principal: Principal, permission: str, resource: Resource) -> bool:
        return any(self.holds(grant, resource) for grant in self.grants(principal, permission, resource))

    def require(self, principal: Principal, permission: str, resource: Resource) -> None:
        if not self.permits(principal, permission, resource):
            raise ApiError.denied(permission, resource.name, resource.service)

    def is_any_of(self, principal: Principal, members: Collection[str]) -> bool:
        own = identities(principal)
        return any(member in members for member in own) or any(self._conveniences(own, members, {}))

    def grants(self, principal: Principal, permission: str, resource: Resource) -> Iterator[Grant]:
        """The bindings that give the permission, whether or not their conditions are met."""
        for grant in self._bindings(principal, resource):
            if self._roles.grants(grant.binding.role, permission):
                yield grant

    def holds(self, grant: Grant, resource: Resource) -> bool:
        """Whether a grant's condition is met, for the resource and now."""
        condition = grant.binding.condition
        return condition is None or conditions.holds(condition, resource, self._clock.now())

    def _bindings(self, principal: Principal, resource: Resource) -> Iterator[Grant]:
        members = identities(principal)
        if resource.closed_to_public:
            members = tuple(member for member in members if member not in _PUBLIC)
        policies = self._policies.read(self._hierarchy.policy_names(resource))
        for name, policy in policies.items():
            for member in (*members, *self._conveniences(members, policy.conveniences, policies)):
                for binding in policy.by_member.get(member, ()):
                    yield Grant(name, member, binding)

    def _conveniences(
        self, members: tuple[str, ...], among: Iterable[str], at_hand: Mapping[str, Policy]
    ) -> Iterator[str]:
        """Such as projectOwner:ID, which is whoever the project's own policy makes its owner.

        `at_hand` are policies that have been read already; the project's is mostly one of them.
        """
        for convenience in among:
            kind, _, project = convenience.partition(":")
            role = _ROLE_OF_CONVENIENCE.get(kind)
            if role is None:
                continue
            name = project_policy_name(project)
            holders = (at_hand.get(name) or self._policies.get(name)).by_member
            if any(binding.role == role for member in members for binding in holders.get(member, ())):
                yield convenience
