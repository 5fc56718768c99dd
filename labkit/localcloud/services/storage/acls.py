"""Access control lists as values: which entities have which role on a bucket or an object.

Source: https://cloud.google.com/storage/docs/access-control/lists. What a list may not say is as measured on Google's
Cloud Storage: `acl_bodies` refuses it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

ALL_USERS = "allUsers"
ALL_AUTHENTICATED_USERS = "allAuthenticatedUsers"
PUBLIC = frozenset({ALL_USERS, ALL_AUTHENTICATED_USERS})


class AclRole(Enum):
    """WRITER is for buckets only."""

    READER = "READER"
    WRITER = "WRITER"
    OWNER = "OWNER"


@dataclass(frozen=True)
class AclEntry:
    """`entity` is "user-student@example.com", "project-owners-100000000001", "allUsers" …"""

    entity: str
    role: AclRole


Acl = tuple[AclEntry, ...]

# What a role on an object lets one do, as legacyObjectReader and legacyObjectOwner do:
# https://cloud.google.com/storage/docs/access-control/iam#acls
_READS = frozenset({"storage.objects.get"})
_OWNS = _READS | {
    f"storage.objects.{name}"
    for name in (
        "createContext",
        "deleteContext",
        "getIamPolicy",
        "overrideUnlockedRetention",
        "setIamPolicy",
        "setRetention",
        "update",
        "updateContext",
    )
}


def roles_with(permission: str) -> frozenset[AclRole]:
    """The roles on an object that give a permission on it; none gives what its bucket decides, as deletion."""
    given = {AclRole.READER: _READS, AclRole.OWNER: _OWNS}
    return frozenset(role for role, permissions in given.items() if permission in permissions)


def user(email: str) -> str:
    """The entity of a person or a service account."""
    return f"user-{email}"


def project_owners(number: str) -> str:
    """The owner of every bucket of a project, by the project's number."""
    return f"project-owners-{number}"


def project_private(number: str) -> Acl:
    """What a new bucket has, as its own list and as the default one of its objects."""
    return (
        AclEntry(project_owners(number), AclRole.OWNER),
        AclEntry(f"project-editors-{number}", AclRole.OWNER),
        AclEntry(f"project-viewers-{number}", AclRole.READER),
    )


def predefined_for_bucket(name: str, number: str) -> Acl | None:
    """The list that `predefinedAcl` names, for a bucket of the project with this number; None for an unknown name."""
    owner = AclEntry(project_owners(number), AclRole.OWNER)
    lists: dict[str, Acl] = {
        "private": (owner,),
        "projectPrivate": project_private(number),
        "publicRead": (owner, AclEntry(ALL_USERS, AclRole.READER)),
        "publicReadWrite": (owner, AclEntry(ALL_USERS, AclRole.WRITER)),
        "authenticatedRead": (owner, AclEntry(ALL_AUTHENTICATED_USERS, AclRole.READER)),
    }
    return lists.get(name)


def predefined_for_object(name: str, number: str) -> Acl | None:
    """The same for an object, without its owner: so it is also what a bucket's default list holds."""
    bucket_owners = project_owners(number)
    lists: dict[str, Acl] = {
        "private": (),
        "projectPrivate": project_private(number),
        "bucketOwnerRead": (AclEntry(bucket_owners, AclRole.READER),),
        "bucketOwnerFullControl": (AclEntry(bucket_owners, AclRole.OWNER),),
        "publicRead": (AclEntry(ALL_USERS, AclRole.READER),),
        "authenticatedRead": (AclEntry(ALL_AUTHENTICATED_USERS, AclRole.READER),),
    }
    return lists.get(name)


def find(acl: Acl, entity: str) -> AclEntry | None:
    """The entry of an entity."""
    return next((entry for entry in acl if entry.entity == entity), None)


def with_entry(acl: Acl, entry: AclEntry) -> Acl:
    """With the entry, in the place of the one that its entity has."""
    if find(acl, entry.entity) is None:
        return (*acl, entry)
    return tuple(entry if other.entity == entry.entity else other for other in acl)


def without(acl: Acl, entity: str) -> Acl:
    """Without the entry of an entity."""
    return tuple(entry for entry in acl if entry.entity != entity)


def with_owner(acl: Acl, email: str) -> Acl:
    """With the owner of an object, who cannot lose it; an object that the cloud itself wrote has none."""
    if not email or find(acl, user(email)):
        return acl
    return (*acl, AclEntry(user(email), AclRole.OWNER))


def is_public(acl: Acl) -> bool:
    """Whether it lets in everyone, or everyone who signs in."""
    return any(entry.entity in PUBLIC for entry in acl)


@lru_cache(maxsize=1024)
def to_text(acl: Acl) -> str:
    """As tables keep it."""
    return json.dumps([[entry.entity, entry.role.value] for entry in acl])


# The objects of a bucket mostly have the same list.
@lru_cache(maxsize=1024)
def from_text(text: str) -> Acl:
    """What `to_text` wrote."""
    return tuple(AclEntry(entity, AclRole(role)) for entity, role in json.loads(text))
