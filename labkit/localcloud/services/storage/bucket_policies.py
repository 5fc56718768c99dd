"""The allow policies of buckets, and the access control lists that are a view of them.

A role in a bucket's list and a legacy role in its policy are the same thing:
https://cloud.google.com/storage/docs/access-control/iam#acls
"""

from __future__ import annotations

from dataclasses import replace

from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.policy import Binding, Policy
from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.acl_entities import AclEntities
from labkit.localcloud.services.storage.acls import Acl, AclEntry, AclRole
from labkit.localcloud.services.storage.entities import Bucket

_BUCKETS = "//storage.googleapis.com/projects/_/buckets"
# Out of the way of a bucket that takes the name.
_SOFT_DELETED = "//storage.googleapis.com/projects/_/softDeletedBuckets"

_LEGACY_ROLES = {
    AclRole.READER: "roles/storage.legacyBucketReader",
    AclRole.WRITER: "roles/storage.legacyBucketWriter",
    AclRole.OWNER: "roles/storage.legacyBucketOwner",
}
_ACL_ROLES = {name: role for role, name in _LEGACY_ROLES.items()}

# What a new bucket without lists gives to a project's people instead, on its objects.
_OBJECT_ROLES = {
    AclRole.READER: "roles/storage.legacyObjectReader",
    AclRole.OWNER: "roles/storage.legacyObjectOwner",
}


class BucketPolicies:
    """Kept with IAM's other policies, which is where decisions are made from."""

    def __init__(self, policies: Policies, entities: AclEntities) -> None:
        self._policies = policies
        self._entities = entities

    def create(self, bucket: Bucket, acl: Acl) -> None:
        """The policy of a new bucket: what its list says, and the same of its objects where they have no lists."""
        bindings = self._bindings(acl)
        if bucket.configuration.uniform_access:
            bindings += tuple(
                Binding(_OBJECT_ROLES[entry.role], (self._entities.member_of(entry.entity),))
                for entry in acls.project_private(bucket.project_number)
            )
        self._policies.set(_name(bucket), Policy(bindings))

    def get(self, bucket: Bucket) -> Policy:
        return self._policies.get(_name(bucket))

    def is_public(self, bucket: Bucket) -> bool:
        """Whether it names everyone, or everyone who signs in."""
        return not acls.PUBLIC.isdisjoint(self.get(bucket).by_member)

    def set(self, bucket: Bucket, policy: Policy) -> Policy:
        """Whatever there was: the caller compares etags, which are the bucket's metageneration."""
        return self._policies.set(_name(bucket), replace(policy, etag=b""))

    def acl(self, bucket: Bucket) -> Acl:
        """Legacy roles under no condition; the highest where an entity has several."""
        found: Acl = ()
        for role in AclRole:
            for binding in self.get(bucket).bindings:
                if _ACL_ROLES.get(binding.role) is role and binding.condition is None:
                    for entity in filter(None, map(self._entities.entity_of, binding.members)):
                        found = acls.with_entry(found, AclEntry(entity, role))
        return found

    def set_acl(self, bucket: Bucket, acl: Acl) -> None:
        """Give the policy the legacy roles of a list; its other bindings stay."""
        policy = self.get(bucket)
        kept = tuple(binding for binding in policy.bindings if binding.role not in _ACL_ROLES or binding.condition)
        self.set(bucket, replace(policy, bindings=kept + self._bindings(acl)))

    def soft_delete(self, bucket: Bucket) -> None:
        """Keep the policy of a bucket that is soft-deleted, out of force."""
        live = f"{_BUCKETS}/{bucket.name}"
        self.set(bucket, self._policies.get(live))
        self._policies.delete(live)

    def restore(self, bucket: Bucket) -> None:
        """Put the policy of a soft-deleted bucket in force again."""
        self._policies.set(f"{_BUCKETS}/{bucket.name}", replace(self.get(bucket), etag=b""))
        self.remove(bucket)

    def remove(self, bucket: Bucket) -> None:
        """Forget a policy with its bucket, soft-deleted or not."""
        self._policies.delete(_name(bucket))

    def _bindings(self, acl: Acl) -> tuple[Binding, ...]:
        return tuple(Binding(_LEGACY_ROLES[entry.role], (self._entities.member_of(entry.entity),)) for entry in acl)


def _name(bucket: Bucket) -> str:
    return f"{_SOFT_DELETED}/{bucket.name}/{bucket.generation}" if bucket.soft_deleted else f"{_BUCKETS}/{bucket.name}"
