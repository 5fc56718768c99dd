"""The basic roles, as rules over what is known of the predefined ones: their full lists are in no reference.

Owner, Editor and Viewer are the sums of one slice for each service. Google documents the slices of many services as
roles of their own, `roles/SERVICE.editor`: `roles/storage.editor` is what Editor has of Cloud Storage. There, and for
`roles/iam.admin`, the list is Google's. Elsewhere a slice follows from a permission's verb:

- Viewer has what reads, Editor all but what changes policies and tag bindings, Owner everything.
- No basic role has what belongs to an organization, a folder or a billing account, nor the service-account permissions
  that make credentials (`getAccessToken`, `signBlob`, …).
- None has Cloud Storage's objects: a new bucket grants these to the conveniences projectOwner, projectEditor and
  projectViewer. Source: https://cloud.google.com/storage/docs/access-control/iam#convenience-values
- Secrets' payloads, private logs and IAP tunnels are Owner's alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

OWNER = "roles/owner"
EDITOR = "roles/editor"
VIEWER = "roles/viewer"
BROWSER = "roles/browser"

BASIC_ROLES = {
    OWNER: ("Owner", "Full access to most Google Cloud resources."),
    EDITOR: ("Editor", "View, create, update, and delete most Google Cloud resources."),
    VIEWER: ("Viewer", "View most Google Cloud resources."),
    BROWSER: ("Browser", "Access to browse GCP resources."),
}

_BROWSER = frozenset(
    f"resourcemanager.{name}"
    for name in (
        "folders.get",
        "folders.list",
        "organizations.get",
        "projects.get",
        "projects.getIamPolicy",
        "projects.list",
    )
)

# Services of which Google documents what Viewer and Editor have; the roles of these names that other services have are
# older than the series, and say something else.
_SLICED = frozenset(
    {
        "aiplatform",
        "artifactregistry",
        "cloudbuild",
        "cloudfunctions",
        "eventarc",
        "iam",
        "iap",
        "monitoring",
        "notebooks",
        "pubsub",
        "run",
        "storage",
    }
)

_READS = re.compile(r"(get|list|search|query|validate)([A-Z].*)?|(check|fetch|analyze|view|download)[A-Z].*")
_ADMINISTERS = re.compile(r"set\w*IamPolicy|createTagBinding|deleteTagBinding|\w+PolicyBinding")

# Above a project, or credentials, or data that a service guards with policies of its own.
_NEVER = re.compile(
    r"billing\..*"
    r"|resourcemanager\.(organizations|folders|capabilities)\..*|resourcemanager\.projects\.create"
    r"|compute\.(organizations|oslogin|orgRollout\w*)\..*"
    r"|iam\.(accesspolicies|denypolicies|principalaccessboundarypolicies)\.(create|delete|update|bind|unbind)"
    r"|iam\.serviceAccounts\.(getAccessToken|getOpenIdToken|implicitDelegation|signBlob|signJwt)"
    r"|orgpolicy\.(?!policy\.get$).*"
    r"|bigquery\.\w+\.(getData|updateData|getFilteredData|overrideTimeTravelRestrictions)"
)
_OWNER_ONLY = re.compile(
    r"secretmanager\.versions\.access"
    r"|logging\.(privateLogEntries\.list|views\.access|fields\.access|buckets\.(create|update|delete|undelete|write))"
    r"|logging\.(exclusions|sinks)\.(create|update|delete)"
    r"|iap\.\w+\.(accessViaIAP|egressViaIAP|remediate)"
    r"|iam\.roles\.(create|update|delete|undelete)"
    r"|resourcemanager\.projects\.(delete|undelete|updateLiens|createBillingAssignment|deleteBillingAssignment)"
    r"|serviceusage\.(consumerpolicy|contentsecuritypolicy|mcppolicy)\.update"
)

PermissionsOf = Callable[[str], frozenset[str]]


def basic_permissions(name: str, known: tuple[str, ...], permissions_of: PermissionsOf) -> frozenset[str]:
    """The permissions of a basic role; `known` are all there are, sorted, and `permissions_of` a predefined role's."""
    if name == BROWSER:
        return _BROWSER
    slices = [_slice(name, *service, permissions_of) for service in _by_service(known)]
    return frozenset().union(*slices)


def _by_service(known: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    for service, permissions in groupby(known, key=lambda permission: permission.partition(".")[0]):
        yield service, frozenset(permission for permission in permissions if not _NEVER.fullmatch(permission))


def _slice(name: str, service: str, own: frozenset[str], permissions_of: PermissionsOf) -> frozenset[str]:
    if name == OWNER:
        return _owned(service, own, permissions_of)
    if service in _SLICED:
        return own & permissions_of(f"roles/{service}.{'editor' if name == EDITOR else 'viewer'}")
    verbs = _reads if name == VIEWER else _edits
    return frozenset(filter(verbs, own))


def _owned(service: str, own: frozenset[str], permissions_of: PermissionsOf) -> frozenset[str]:
    if service == "storage":
        bindings = frozenset({"storage.buckets.createTagBinding", "storage.buckets.deleteTagBinding"})
        return permissions_of("roles/storage.editor") & own | bindings
    return own


def _reads(permission: str) -> bool:
    return bool(_READS.fullmatch(permission.rpartition(".")[2])) and not _OWNER_ONLY.fullmatch(permission)


def _edits(permission: str) -> bool:
    return not (_ADMINISTERS.fullmatch(permission.rpartition(".")[2]) or _OWNER_ONLY.fullmatch(permission))
