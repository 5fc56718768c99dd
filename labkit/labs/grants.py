"""What the policies of a project, a bucket or a service account say: one member's role on one resource at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.clients import Clients

BASIC_ROLES = ("roles/owner", "roles/editor", "roles/viewer")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")

# Policies with conditions are shown whole to who asks for this version only:
# https://cloud.google.com/iam/docs/policies#versions
_VERSION = 3


@dataclass(frozen=True)
class Grant:
    """`member` has `role` on `place`, such as "the project", as long as the expression of a `condition` holds."""

    role: str
    member: str
    place: str
    condition: str = ""

    def __str__(self) -> str:
        return f"{self.role} on {self.place}" + (f" if {self.condition}" if self.condition else "")


def on_project(clients: Clients) -> tuple[Grant, ...]:
    """Everything that is granted on the project itself."""
    policy = clients.projects().get_iam_policy(request=_request(f"projects/{clients.project}"))
    return _grants(policy, "the project")


def on_account(clients: Clients, email: str) -> tuple[Grant, ...]:
    """Who has which role on a service account: here it is the resource."""
    policy = clients.service_accounts().get_iam_policy(request=_request(account_name(email)))
    return _grants(policy, f"the account {short(email)}")


def on_bucket(clients: Clients, bucket: str) -> tuple[Grant, ...]:
    """Who has which role on a bucket, the roles that come with every bucket among them."""
    policy = clients.storage().bucket(bucket).get_iam_policy(requested_policy_version=_VERSION)
    return tuple(
        Grant(binding["role"], member, f"the bucket {bucket}", (binding.get("condition") or {}).get("expression", ""))
        for binding in policy.bindings
        for member in sorted(binding["members"])
    )


def to(email: str, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """The grants that name this service account."""
    return tuple(grant for grant in grants if grant.member == f"serviceAccount:{email}")


def listed(grants: Iterable[Grant]) -> str:
    """The grants in words, "no role" if there are none."""
    return ", ".join(map(str, grants)) or "no role"


def account_name(email: str) -> str:
    """The resource name of a service account, in whichever project it is."""
    return f"projects/-/serviceAccounts/{email}"


def short(email: str) -> str:
    """How a verdict calls an account: "lab02-trainer"."""
    return email.partition("@")[0]


def _request(resource: str) -> dict[str, Any]:
    return {"resource": resource, "options": {"requested_policy_version": _VERSION}}


def _grants(policy: Any, place: str) -> tuple[Grant, ...]:
    return tuple(
        Grant(binding.role, member, place, binding.condition.expression)
        for binding in policy.bindings
        for member in binding.members
    )
