"""Why a caller may, or may not: for lessons, and for `labkit auth`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam.authorizer import Authorizer, Grant
from labkit.localcloud.iam.basic_roles import BASIC_ROLES
from labkit.localcloud.iam.grantable import is_grantable
from labkit.localcloud.iam.role import Role
from labkit.localcloud.iam.roles import Roles

# Made for Google's own accounts, for a product's free tier, or for access control as it was before IAM.
_NOT_FOR_PEOPLE = re.compile(r".*([sS]erviceAgent|Service|\.legacy\w+|\.express\w+)")
_MOST_ROLES = 5


@dataclass(frozen=True)
class Explanation:
    """`granted_by` are the bindings that count, `unmet` those whose conditions do not hold now.

    `nearest` are predefined roles that have the permission and can be granted on the resource: those of its own service
    first, and of these the one with the fewest permissions.
    """

    permission: str
    granted_by: tuple[Grant, ...]
    unmet: tuple[Grant, ...]
    nearest: tuple[Role, ...]

    @property
    def allowed(self) -> bool:
        return bool(self.granted_by)


def why(
    principal: Principal, permission: str, resource: Resource, *, authorizer: Authorizer, roles: Roles
) -> Explanation:
    """The bindings behind the decision on a permission, and the smallest roles that would decide it otherwise."""
    grants = tuple(authorizer.grants(principal, permission, resource))
    held = tuple(grant for grant in grants if authorizer.holds(grant, resource))
    unmet = tuple(grant for grant in grants if grant not in held)
    return Explanation(permission, held, unmet, nearest_roles(permission, resource, roles))


def nearest_roles(permission: str, resource: Resource, roles: Roles) -> tuple[Role, ...]:
    """At most five."""
    own = f"roles/{permission.partition('.')[0]}."
    fitting = [
        role
        for role in roles.all_predefined()
        if permission in role.permissions
        and role.name not in BASIC_ROLES
        and not _NOT_FOR_PEOPLE.fullmatch(role.name)
        and is_grantable(role, resource)
    ]
    return tuple(
        sorted(fitting, key=lambda role: (not role.name.startswith(own), len(role.permissions), role.name))[
            :_MOST_ROLES
        ]
    )
