"""The constraints that break a student's project where an organization enforces them.

Source: https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.core import constraints


@dataclass(frozen=True)
class KnownConstraint:
    """A boolean constraint is on or off; a list constraint, `is_list`, lets some values through."""

    name: str
    display_name: str
    description: str
    is_list: bool = False
    has_groups: bool = False


CONSTRAINTS = {
    constraint.name: constraint
    for constraint in (
        KnownConstraint(
            constraints.RESOURCE_LOCATIONS,
            "Google Cloud Platform - Resource Location Restriction",
            "The locations where location-based resources can be created.",
            is_list=True,
            has_groups=True,
        ),
        KnownConstraint(
            constraints.ALLOWED_MEMBER_DOMAINS,
            "Domain restricted sharing",
            "The members that can be added to IAM policies: domains and customer ids.",
            is_list=True,
        ),
        KnownConstraint(
            constraints.DISABLE_AUTOMATIC_GRANTS,
            "Disable Automatic IAM Grants for Default Service Accounts",
            "When enforced, default service accounts are not granted the Editor role when they are created.",
        ),
        KnownConstraint(
            constraints.DISABLE_KEY_CREATION,
            "Disable service account key creation",
            "When enforced, no keys of service accounts can be created.",
        ),
        KnownConstraint(
            constraints.PUBLIC_ACCESS_PREVENTION,
            "Enforce Public Access Prevention",
            "When enforced, Cloud Storage data cannot be made public.",
        ),
        KnownConstraint(
            constraints.UNIFORM_BUCKET_ACCESS,
            "Enforce uniform bucket-level access",
            "When enforced, buckets must use uniform bucket-level access: no ACLs.",
        ),
    )
}
