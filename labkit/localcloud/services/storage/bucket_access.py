"""What the resource of a bucket says of access: its lists, uniform access, public access prevention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.services.storage import acls, refusals
from labkit.localcloud.services.storage.acl_requests import AclKind, AclRequest
from labkit.localcloud.services.storage.acls import Acl
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.storage import Storage

# https://cloud.google.com/storage/docs/uniform-bucket-level-access#disabling
LOCKS_AFTER = timedelta(days=90)


@dataclass(frozen=True)
class BucketLists:
    """The lists asked for in one request; None where it says nothing of one."""

    acl: Acl | None
    default_object_acl: Acl | None

    @property
    def is_public(self) -> bool:
        return acls.is_public(self.acl or ()) or acls.is_public(self.default_object_acl or ())


class BucketAccess:
    """Refuses what access may not become, and puts lists in force."""

    def __init__(self, storage: Storage, public_access: PublicAccess, clock: Clock) -> None:
        self._storage = storage
        self._public_access = public_access
        self._clock = clock

    def lists(self, call: Call, body: Body, number: str) -> BucketLists:
        """What a request says of them, for a bucket of the project with this number."""
        acl = AclRequest(call.query.get("predefinedAcl", ""), body.objects(AclKind.BUCKET.value))
        default = AclRequest(
            call.query.get("predefinedDefaultObjectAcl", ""), body.objects(AclKind.DEFAULT_OBJECT.value)
        )
        entities = self._storage.entities
        return BucketLists(acl.for_bucket(number, entities), default.for_new_objects(number, entities))

    def check_new(self, configuration: BucketConfiguration, lists: BucketLists, project: str) -> None:
        """Before a bucket is made in the project of this id."""
        self._public_access.check_new_bucket(configuration, project)
        if lists != BucketLists(None, None) and configuration.uniform_access:
            raise refusals.uniform_access("use ACL API to update bucket policy")

    def require(self, call: Call, body: Body) -> None:
        """What a change of access takes besides `storage.buckets.update`."""
        prevention = body.object("iamConfiguration").text("publicAccessPrevention")
        named = any(call.query.get(name) for name in ("predefinedAcl", "predefinedDefaultObjectAcl"))
        # The clients send the whole iamConfiguration whatever it is that changes.
        changes = prevention not in ("", self._storage.buckets.get(call.bucket).configuration.public_access_prevention)
        if named or changes or body.fields.get("acl") or body.fields.get("defaultObjectAcl"):
            call.caller.require_on_bucket("storage.buckets.setIamPolicy", call.bucket)

    def check_change(self, call: Call, before: Bucket, after: Bucket, lists: BucketLists) -> None:
        """Raises what uniform access, its lock and public access prevention do not allow."""
        configuration = after.configuration
        if configuration.uniform_access and lists != BucketLists(None, None):
            raise refusals.uniform_access("use ACL API to update bucket policy")
        call.caller.check_public_access(after, is_public=lists.is_public)
        if before.configuration.uniform_access and not configuration.uniform_access:
            self._check_end_of_uniform_access(before)
            call.caller.check_uniform_access(after)

    def _check_end_of_uniform_access(self, bucket: Bucket) -> None:
        since = bucket.since.uniform_access
        if since is not None and self._clock.now() >= since + LOCKS_AFTER:
            raise refusals.uniform_access_locked()
        if self._storage.policies.get(bucket).has_conditions:
            raise refusals.conditions_need_uniform_access()
