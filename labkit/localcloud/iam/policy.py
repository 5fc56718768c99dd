"""An allow policy as a value: who has which role, under which condition. Source: google/iam/v1/policy.proto."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from labkit.localcloud.iam.members import CONVENIENCES

# "ACAB" in JSON: the etag Google gives a resource whose policy nobody has set.
UNSET_ETAG = b"\x00\x20\x01"

_CONVENIENCES = frozenset(kind.value for kind in CONVENIENCES)

# The version that knows conditions; without one a policy is of version 1, whatever was asked for.
CONDITIONAL = 3


@dataclass(frozen=True)
class Condition:
    """google.type.Expr: when the binding counts."""

    expression: str
    title: str = ""
    description: str = ""
    location: str = ""


@dataclass(frozen=True)
class Binding:
    """Gives a role to members."""

    role: str
    members: tuple[str, ...]
    condition: Condition | None = None


@dataclass(frozen=True)
class AuditLogConfig:
    """`log_type` is Google's name: ADMIN_READ, DATA_WRITE, DATA_READ."""

    log_type: str
    exempted_members: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditConfig:
    """Which audit logs a service writes. Kept, as Google keeps it; the local cloud writes none."""

    service: str
    audit_log_configs: tuple[AuditLogConfig, ...] = ()


@dataclass(frozen=True)
class Policy:
    """What `GetIamPolicy` gives and `SetIamPolicy` takes."""

    bindings: tuple[Binding, ...] = ()
    etag: bytes = b""
    version: int = 1
    audit_configs: tuple[AuditConfig, ...] = ()

    @property
    def has_conditions(self) -> bool:
        return any(binding.condition for binding in self.bindings)

    @cached_property
    def by_member(self) -> Mapping[str, tuple[Binding, ...]]:
        """The bindings that name each member."""
        found: dict[str, list[Binding]] = {}
        for binding in self.bindings:
            for member in binding.members:
                found.setdefault(member, []).append(binding)
        return {member: tuple(bindings) for member, bindings in found.items()}

    @cached_property
    def conveniences(self) -> tuple[str, ...]:
        """The members that stand for whoever has a basic role on a project."""
        return tuple(member for member in self.by_member if member.partition(":")[0] in _CONVENIENCES)

    def normalised(self) -> Policy:
        """As Google stores it: sorted, one binding for each role and condition, none empty, of the version it needs."""
        members: dict[tuple[str, Condition | None], set[str]] = {}
        for binding in self.bindings:
            members.setdefault((binding.role, binding.condition), set()).update(binding.members)
        bindings = [Binding(role, tuple(sorted(who)), condition) for (role, condition), who in members.items() if who]
        bindings.sort(key=lambda binding: (binding.role, binding.condition.expression if binding.condition else ""))
        version = CONDITIONAL if any(binding.condition for binding in bindings) else 1
        return replace(self, bindings=tuple(bindings), version=version)

    def granting(self, role: str, member: str) -> Policy:
        """With one more member, under no condition."""
        return replace(self, bindings=(*self.bindings, Binding(role, (member,)))).normalised()

    def revoking(self, role: str, member: str) -> Policy:
        """Without the member in any binding of the role."""
        return replace(
            self,
            bindings=tuple(_without(binding, member) if binding.role == role else binding for binding in self.bindings),
        ).normalised()

    def renaming(self, old: str, new: str) -> Policy:
        """With `new` wherever `old` is named."""
        return replace(
            self,
            bindings=tuple(
                replace(binding, members=tuple(new if member == old else member for member in binding.members))
                for binding in self.bindings
            ),
        ).normalised()

    def at_version(self, requested: int) -> Policy:
        """As a client sees it that asked for `requested`: one that knows no conditions gets roles it cannot mistake.

        https://cloud.google.com/iam/docs/troubleshooting-withcond
        """
        if requested >= CONDITIONAL or not self.has_conditions:
            return self
        return replace(self, version=1, bindings=tuple(_without_condition(binding) for binding in self.bindings))


def members_of(bindings: Iterable[Binding]) -> frozenset[str]:
    """All whom bindings name."""
    return frozenset(member for binding in bindings for member in binding.members)


def _without(binding: Binding, member: str) -> Binding:
    return replace(binding, members=tuple(other for other in binding.members if other != member))


def _without_condition(binding: Binding) -> Binding:
    if binding.condition is None:
        return binding
    digest = hashlib.sha256(repr(binding.condition).encode()).hexdigest()[:20]
    return Binding(f"{binding.role}_withcond_{digest}", binding.members)
