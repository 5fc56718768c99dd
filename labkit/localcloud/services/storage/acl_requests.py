"""The access control lists that a request brings: by a name of Google's, or entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import acls, denials, refusals
from labkit.localcloud.services.storage.acl_entities import AclEntities
from labkit.localcloud.services.storage.acls import Acl, AclEntry, AclRole
from labkit.localcloud.services.storage.entities import Bucket
from labkit.localcloud.services.storage.json_body import Body

_MOST_ENTRIES = 100  # https://cloud.google.com/storage/quotas#buckets


class AclKind(Enum):
    """What a list is of; the value is its field in a bucket or an object resource."""

    BUCKET = "acl"
    DEFAULT_OBJECT = "defaultObjectAcl"
    OBJECT = "acl of an object"

    @property
    def roles(self) -> frozenset[AclRole]:
        return frozenset(AclRole) if self is AclKind.BUCKET else frozenset({AclRole.READER, AclRole.OWNER})


@dataclass(frozen=True)
class AclRequest:
    """`predefined` is such as "publicRead"; `entries` those in a body. An empty list of entries asks for nothing."""

    predefined: str = ""
    entries: tuple[Body, ...] = ()

    @property
    def is_made(self) -> bool:
        return bool(self.predefined or self.entries)

    def for_bucket(self, number: str, entities: AclEntities) -> Acl | None:
        """For a bucket of the project with this number; None where nothing is asked for."""
        if self.predefined:
            return self._predefined(acls.predefined_for_bucket(self.predefined, number))
        acl = self._listed(AclKind.BUCKET, entities)
        owner = AclEntry(acls.project_owners(number), AclRole.OWNER)
        return acls.with_entry(acl, owner) if acl else None

    def for_new_objects(self, number: str, entities: AclEntities) -> Acl | None:
        """The default list of a bucket of the project with this number; None where nothing is asked for."""
        if self.predefined:
            return self._predefined(acls.predefined_for_object(self.predefined, number))
        return self._listed(AclKind.DEFAULT_OBJECT, entities) or None

    def for_object(self, bucket: Bucket, owner: str, entities: AclEntities) -> Acl:
        """With the owner, who is first in a predefined list. Raises PERMISSION_DENIED for an owner who owns less."""
        if self.predefined:
            rest = self._predefined(acls.predefined_for_object(self.predefined, bucket.project_number))
            return acls.with_owner((), owner) + rest
        acl = self._listed(AclKind.OBJECT, entities)
        listed = acls.find(acl, acls.user(owner))
        if listed and listed.role is not AclRole.OWNER:
            raise denials.owner_keeps_access()
        return acls.with_owner(acl, owner)

    def _predefined(self, acl: Acl | None) -> Acl:
        if self.entries:
            message = "Cannot provide both a predefinedAcl and access controls."
            raise ApiError(Code.FAILED_PRECONDITION, message, reason=refusals.CONFLICT)
        if acl is None:
            raise ApiError.invalid(f"Invalid argument: '{self.predefined}' is no predefined ACL for this resource.")
        return acl

    def _listed(self, kind: AclKind, entities: AclEntities) -> Acl:
        if len(self.entries) > _MOST_ENTRIES:
            raise ApiError.invalid(f"An access control list can contain at most {_MOST_ENTRIES} entries.")
        acl: Acl = ()
        for body in self.entries:
            acl = acls.with_entry(acl, entry_of(body, kind, entities))
        return acl


def entry_of(body: Body, kind: AclKind, entities: AclEntities) -> AclEntry:
    """An entry as a client writes it. Raises INVALID_ARGUMENT."""
    entity = body.text("entity")
    if not entity:
        raise refusals.required("entity")
    return AclEntry(entities.normalised(entity), role_of(body, kind))


def role_of(body: Body, kind: AclKind) -> AclRole:
    """Raises INVALID_ARGUMENT for a role that there is not in such a list."""
    text = body.text("role")
    if not text:
        raise refusals.required("role")
    found = next((role for role in kind.roles if role.value == text), None)
    if found is None:
        raise ApiError.invalid(f"Invalid value for: {text} is not a valid value")
    return found
