"""Organization policy constraints: what may not be done in a project, whatever role the caller has.

Services ask before they do what a constraint may forbid. No constraint is enforced in a new local cloud, which has no
organization; a teacher sets them. Source: https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from labkit.localcloud.errors import ApiError, Code

DISABLE_KEY_CREATION = "iam.disableServiceAccountKeyCreation"
DISABLE_AUTOMATIC_GRANTS = "iam.automaticIamGrantsForDefaultServiceAccounts"
ALLOWED_MEMBER_DOMAINS = "iam.allowedPolicyMemberDomains"
PUBLIC_ACCESS_PREVENTION = "storage.publicAccessPrevention"
UNIFORM_BUCKET_ACCESS = "storage.uniformBucketLevelAccess"
RESOURCE_LOCATIONS = "gcp.resourceLocations"


# London and Zurich are in Europe and not in the EU.
_EUROPE_OUTSIDE_EU = frozenset({"europe-west2", "europe-west6"})


@dataclass(frozen=True)
class AllowedValues:
    """What a list constraint lets through: `allowed` is None where everything is that is not denied.

    Both hold values and groups of locations: "us-central1", "in:us-locations".
    """

    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()

    def allows(self, value: str) -> bool:
        """In either case: Cloud Storage writes "US-CENTRAL1" for what a policy calls "us-central1"."""
        value = value.lower()
        is_denied = any(_matches(entry, value) for entry in self.denied)
        return not is_denied and (self.allowed is None or any(_matches(entry, value) for entry in self.allowed))


def _matches(entry: str, value: str) -> bool:
    """A group holds the multi-region of its name, and what lies in it.

    Source: https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations
    """
    entry = entry.lower().removeprefix("is:")
    group = entry.removeprefix("in:").removesuffix("-locations")
    if not entry.startswith("in:"):
        return value == entry
    if group == "eu":
        return value == "eu" or (value.startswith("europe-") and value not in _EUROPE_OUTSIDE_EU)
    return value == group or value.startswith(f"{group}-")


class Constraints(Protocol):
    """What the organization policy of a project says; `project` is an id, `constraint` one of the names above."""

    def enforces(self, project: str, constraint: str) -> bool:
        """Whether a boolean constraint is on."""
        ...

    def allowed_values(self, project: str, constraint: str) -> AllowedValues:
        """What a list constraint lets through."""
        ...


def violated(constraint: str, subject: str, description: str) -> ApiError:
    """FAILED_PRECONDITION as IAM answers it; `subject` names the resource. Cloud Storage words its own (HTTP 412)."""
    violation = {"type": f"constraints/{constraint}", "subject": subject, "description": description}
    return ApiError(
        Code.FAILED_PRECONDITION,
        description,
        details=({"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]},),
    )
