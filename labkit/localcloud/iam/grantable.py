"""Which roles a resource's policy may name.

A role can be granted on a resource that some of its permissions are about. Google keeps a list for each role, its
"lowest-level resource"; this rule gives the same answers for what a lab grants.
"""

from __future__ import annotations

from labkit.localcloud.core.access import Resource
from labkit.localcloud.iam.basic_roles import BASIC_ROLES
from labkit.localcloud.iam.hierarchy import BILLING_SERVICE, IAM_SERVICE, PROJECTS_SERVICE
from labkit.localcloud.iam.role import Role

STORAGE_SERVICE = "storage.googleapis.com"

# What the permissions on a service's resources begin with, where that is not the name of the service.
_PREFIXES = {
    BILLING_SERVICE: ("billing.",),
    IAM_SERVICE: ("iam.serviceAccounts.", "iam.serviceAccountKeys."),
    STORAGE_SERVICE: tuple(
        f"storage.{kind}." for kind in ("buckets", "folders", "managedFolders", "multipartUploads", "objects")
    ),
}

# For buckets and objects only: https://cloud.google.com/storage/docs/access-control/iam-roles#legacy-roles
_ON_BUCKETS_ONLY = "roles/storage.legacy"

_ABOVE_PROJECTS = (
    "billing.",
    "resourcemanager.folders.",
    "resourcemanager.organizations.",
    "resourcemanager.projects.create",
)
_ON_PROJECTS = "resourcemanager.projects.createBillingAssignment"
# In roles of every kind, so that a console can show the project.
_FOR_CONSOLES = frozenset({"resourcemanager.projects.get", "resourcemanager.projects.list"})


def is_grantable(role: Role, resource: Resource) -> bool:
    """Whether the policy of the resource may have a binding of the role."""
    if resource.service == PROJECTS_SERVICE:
        return _on_projects(role)
    if resource.service == STORAGE_SERVICE and role.name in BASIC_ROLES:
        return False
    prefixes = _PREFIXES.get(resource.service, (f"{resource.service.partition('.')[0]}.",))
    return any(permission.startswith(prefixes) for permission in role.permissions)


def _on_projects(role: Role) -> bool:
    if role.name.startswith(_ON_BUCKETS_ONLY):
        return False
    meaningful = role.permissions - _FOR_CONSOLES
    return (
        not meaningful
        or _ON_PROJECTS in meaningful
        or any(not permission.startswith(_ABOVE_PROJECTS) for permission in meaningful)
    )
