"""All roles that a binding can name."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.custom_roles import CustomRoles
from labkit.localcloud.iam.predefined_roles import PredefinedRoles
from labkit.localcloud.iam.role import Role

_PREDEFINED = "roles/"


class Roles:
    """Predefined, basic and custom ones, by the names that bindings use."""

    def __init__(self, predefined: PredefinedRoles, custom: CustomRoles) -> None:
        self.predefined = predefined
        self.custom = custom

    def find(self, name: str) -> Role | None:
        """The role, deleted or not."""
        return self.predefined.find(name) if name.startswith(_PREDEFINED) else self.custom.find(name)

    def get(self, name: str) -> Role:
        """Raises NOT_FOUND."""
        role = self.find(name)
        if role is None:
            raise ApiError.not_found(f"The role named {name} was not found.")
        return role

    def grants(self, name: str, permission: str) -> bool:
        """Whether a binding of the role gives the permission."""
        role = self.find(name)
        return role is not None and permission in role.permissions and role.grants

    def all_predefined(self) -> Iterator[Role]:
        """By name."""
        for name in self.predefined.names:
            yield self.get(name)
