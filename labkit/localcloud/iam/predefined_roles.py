"""Google's predefined and basic roles, read when first asked for.

`data/roles.json.gz` holds a stored copy of Google's reference of roles and permissions, limited to the services that a
lab touches; its field `source` says of when. It has one list of permissions, and for each role a title, where known,
and places in that list. Compute Engine's roles, Organization Policy's and the basic ones are not in the reference:
`compute_roles`, `organization_roles` and `basic_roles` make them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labkit.localcloud.iam.basic_roles import BASIC_ROLES, basic_permissions
from labkit.localcloud.iam.compute_roles import COMPUTE_ROLES
from labkit.localcloud.iam.organization_roles import FURTHER_PERMISSIONS, ORGANIZATION_ROLES
from labkit.localcloud.iam.role import Role

_DATA = Path(__file__).parent / "data" / "roles.json.gz"


@dataclass(frozen=True)
class _Reference:
    """The file as it is: each role has a "title" and "permissions", places in the list of all."""

    permissions: tuple[str, ...]
    roles: Mapping[str, Mapping[str, Any]]


class PredefinedRoles:
    """Roles by name. The file is read at the first question, and each role is put together at the first about it."""

    def __init__(self) -> None:
        self._made: dict[str, Role | None] = {}

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """All permissions known to this cloud, sorted."""
        return tuple(sorted({*self._reference.permissions, *FURTHER_PERMISSIONS}))

    @cached_property
    def permission_set(self) -> frozenset[str]:
        return frozenset(self.permissions)

    @cached_property
    def services(self) -> frozenset[str]:
        """The first parts of all permissions: "storage", "aiplatform"."""
        return frozenset(permission.partition(".")[0] for permission in self.permissions)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all predefined and basic roles, sorted."""
        return tuple(sorted({*self._reference.roles, *COMPUTE_ROLES, *ORGANIZATION_ROLES, *BASIC_ROLES}))

    def find(self, name: str) -> Role | None:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    @cached_property
    def _reference(self) -> _Reference:
        content = json.loads(gzip.decompress(_DATA.read_bytes()))
        return _Reference(tuple(content["permissions"]), content["roles"])

    def _make(self, name: str) -> Role | None:
        if name in BASIC_ROLES:
            title, description = BASIC_ROLES[name]
            return Role(name, basic_permissions(name, self.permissions, self._permissions_of), title, description)
        if name in COMPUTE_ROLES:
            compute = COMPUTE_ROLES[name]
            return Role(name, compute.permissions(self.permissions), compute.title, compute.description)
        if name in ORGANIZATION_ROLES:
            return ORGANIZATION_ROLES[name]
        documented = self._reference.roles.get(name)
        if documented is None:
            return None
        permissions = frozenset(self._reference.permissions[place] for place in documented["permissions"])
        return Role(name, permissions, documented["title"])

    def _permissions_of(self, name: str) -> frozenset[str]:
        role = self.find(name)
        return role.permissions if role else frozenset()
