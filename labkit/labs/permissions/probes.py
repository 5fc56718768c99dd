"""Calls that show what an identity may do, and change nothing whether they are allowed or refused.

A write carries a precondition that cannot hold. Cloud Storage asks IAM first, so 403 says "you may not" and 412 says
"you might have". Source: https://cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.checking.answers import Unreadable
from labkit.checking.verdict import Failed
from labkit.labs.grants import account_name, short

if TYPE_CHECKING:
    from labkit.clients import Clients

_NO_GENERATION = 1  # Generations are times in microseconds, so none is the first after 1970.
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@dataclass(frozen=True)
class Probe:
    """One call. `what` says it in words that follow "may": "read b/file.csv"."""

    what: str
    call: Callable[[Clients], object]

    def is_allowed(self, clients: Clients) -> bool:
        """Whether these clients' identity may do it."""
        from google.api_core.exceptions import Forbidden, PreconditionFailed

        try:
            self.call(clients)
        except PreconditionFailed:
            return True
        except (Forbidden, _NotHeld):
            return False
        return True


class _NotHeld(Exception):  # noqa: N818 - the answer of a question, not an error of ours.
    """testIamPermissions left the permission out."""


def acting_as(clients: Clients, email: str) -> Clients:
    """Clients of a service account; Unreadable, a failed verdict, where this identity may not impersonate it."""
    from google.auth.exceptions import RefreshError

    try:
        return clients.acting_as(email)
    except RefreshError as refusal:
        raise Unreadable(
            Failed(
                f"You may not act as {short(email)}: {_reason(refusal)}",
                "an account that exists, is enabled, and lets you make tokens for it",
                "roles/iam.serviceAccountTokenCreator on that account is what lets you: exercise `impersonate`.",
            )
        ) from refusal


def _reason(refusal: Exception) -> str:
    """Google's words: a RefreshError holds ours first, then the body of the reply."""
    return str(refusal.args[-1]) if refusal.args else str(refusal)


def reads(bucket: str, name: str) -> Probe:
    """Reads an object that is there."""
    return Probe(f"read {bucket}/{name}", lambda it: it.storage().bucket(bucket).blob(name).download_as_bytes())


def lists(bucket: str) -> Probe:
    """Lists a bucket's objects."""
    return Probe(f"list the objects of {bucket}", lambda it: list(it.storage().list_blobs(bucket, max_results=1)))


def creates(bucket: str, name: str) -> Probe:
    """Creates an object of a name that is free."""
    return Probe(
        f"create {bucket}/{name}",
        lambda it: it.storage().bucket(bucket).blob(name).upload_from_string("", if_generation_match=_NO_GENERATION),
    )


def deletes(bucket: str, name: str) -> Probe:
    """Deletes an object that is there; to overwrite it needs the same permission."""
    return Probe(
        f"delete or overwrite {bucket}/{name}",
        lambda it: it.storage().bucket(bucket).blob(name).delete(if_generation_match=_NO_GENERATION),
    )


def makes_tokens(email: str) -> Probe:
    """Makes a token of a service account."""
    return Probe(
        f"make a token for {short(email)}",
        lambda it: it.tokens().generate_access_token(name=account_name(email), scope=_SCOPES),
    )


def holds(permission: str) -> Probe:
    """Asks the project whether it grants a permission; for calls that would change something if they were allowed."""

    def call(it: Clients) -> None:
        _require(permission, it.projects(), f"projects/{it.project}")

    return Probe(f"use {permission} on the project", call)


def acts_as(email: str) -> Probe:
    """Asks a service account whether a job may be given it."""

    def call(it: Clients) -> None:
        _require("iam.serviceAccounts.actAs", it.service_accounts(), account_name(email))

    return Probe(f"let a job act as {short(email)}", call)


def _require(permission: str, client: Any, resource: str) -> None:
    reply = client.test_iam_permissions(resource=resource, permissions=[permission])
    if permission not in reply.permissions:
        raise _NotHeld(permission)


LISTS_BUCKETS = Probe("list the project's buckets", lambda it: list(it.storage().list_buckets(max_results=1)))
LISTS_JOBS = Probe(
    "list training jobs",
    lambda it: it.jobs().list_custom_jobs(parent=f"projects/{it.project}/locations/{it.region}"),
)
READS_PROJECT_POLICY = Probe(
    "read the project's policy",
    lambda it: it.projects().get_iam_policy(resource=f"projects/{it.project}"),
)
READS_QUOTAS = Probe(
    "read the project's quotas",
    lambda it: it.quotas().list_quota_infos(
        parent=f"projects/{it.project}/locations/global/services/compute.googleapis.com"
    ),
)


def denied(probes: Iterable[Probe], clients: Clients) -> tuple[Probe, ...]:
    """Those of the probes that are refused."""
    return tuple(probe for probe in probes if not probe.is_allowed(clients))


def allowed(probes: Iterable[Probe], clients: Clients) -> tuple[Probe, ...]:
    """Those of the probes that are let through."""
    return tuple(probe for probe in probes if probe.is_allowed(clients))


def listed(probes: Iterable[Probe]) -> str:
    """The probes in words."""
    return "; ".join(probe.what for probe in probes)
