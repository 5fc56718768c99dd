"""Organization Policy's roles, and permissions that the stored reference of roles does not have either.

Source: https://cloud.google.com/iam/docs/roles-permissions/orgpolicy. On Google Cloud these roles are granted on an
organization; there is none here, so they can be had on a project.
"""

from __future__ import annotations

from labkit.localcloud.iam.role import Role

_READING = frozenset(
    {
        "orgpolicy.constraints.list",
        "orgpolicy.policies.list",
        "orgpolicy.policy.get",
    }
)
_SETTING = frozenset(
    {
        "orgpolicy.policies.create",
        "orgpolicy.policies.delete",
        "orgpolicy.policies.update",
        "orgpolicy.policy.set",
    }
)

ORGANIZATION_ROLES = {
    role.name: role
    for role in (
        Role("roles/orgpolicy.policyAdmin", _READING | _SETTING, "Organization Policy Administrator"),
        Role("roles/orgpolicy.policyViewer", _READING, "Organization Policy Viewer"),
    )
}

# Owner's, with `delete`: https://cloud.google.com/iam/docs/roles-permissions/resourcemanager
FURTHER_PERMISSIONS = _READING | _SETTING | {"resourcemanager.projects.undelete"}
