"""Access control lists as the JSON API shows them: entry by entry, and inside buckets and objects.

Sources: https://cloud.google.com/storage/docs/json_api/v1/bucketAccessControls and its two relatives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.access import Caller
from labkit.localcloud.services.storage.acls import AclEntry
from labkit.localcloud.services.storage.entities import Bucket, StoredObject
from labkit.localcloud.services.storage.representations import etag

Json = dict[str, Any]

_TEAM = re.compile(r"project-(?P<team>owners|editors|viewers)-(?P<number>\d+)")


class AclRepresentations:
    """Entries with links under `base`; see `Representations`."""

    def __init__(self, base: str) -> None:
        self._base = base

    def of_bucket(self, bucket: Bucket, entry: AclEntry) -> Json:
        return {
            "kind": "storage#bucketAccessControl",
            "id": f"{bucket.name}/{entry.entity}",
            "selfLink": f"{self._base}/storage/v1/b/{bucket.name}/acl/{entry.entity}",
            "bucket": bucket.name,
            **_entry(entry),
            "etag": etag(bucket.metageneration),
        }

    def of_new_objects(self, bucket: Bucket, entry: AclEntry) -> Json:
        """An entry of a default list: it is of no object yet."""
        return {"kind": "storage#objectAccessControl", **_entry(entry), "etag": etag(bucket.metageneration)}

    def of_object(self, stored: StoredObject, entry: AclEntry) -> Json:
        bucket, name = stored.address.bucket, stored.address.name
        path = f"b/{bucket}/o/{quote(name, safe='')}"
        return {
            "kind": "storage#objectAccessControl",
            "id": f"{bucket}/{name}/{stored.generation}/{entry.entity}",
            "selfLink": f"{self._base}/storage/v1/{path}/acl/{entry.entity}",
            "bucket": bucket,
            "object": name,
            "generation": str(stored.generation),
            **_entry(entry),
            "etag": etag(stored.generation, stored.metageneration),
        }


class FullProjection:
    """What `projection=full` adds to buckets and objects, for those who may see it.

    For others it is left out, and refused to nobody. "JSON API won't return acls as part of the response unless we
    have full control": gsutil, gslib/utils/ls_helper.py.
    """

    def __init__(self, base: str, caller: Caller) -> None:
        self._representations = AclRepresentations(base)
        self._caller = caller

    def of_bucket(self, bucket: Bucket) -> Json:
        if bucket.soft_deleted or not self._caller.sees_acl_of_bucket(bucket):
            return {}
        if bucket.configuration.uniform_access:
            return {"acl": [], "defaultObjectAcl": []}
        shown = self._representations
        return {
            "acl": [shown.of_bucket(bucket, entry) for entry in self._caller.acl_of(bucket)],
            "defaultObjectAcl": [shown.of_new_objects(bucket, entry) for entry in bucket.default_object_acl],
            "owner": {"entity": acls.project_owners(bucket.project_number)},
        }

    def of_object(self, stored: StoredObject) -> Json:
        if self._caller.bucket(stored.address.bucket).configuration.uniform_access:
            return {}
        if not self._caller.sees_acl_of_object(stored):
            return {}
        owner = {"owner": {"entity": acls.user(stored.owner)}} if stored.owner else {}
        return {"acl": [self._representations.of_object(stored, entry) for entry in stored.acl], **owner}


def _entry(entry: AclEntry) -> Json:
    return {"entity": entry.entity, "role": entry.role.value, **_details(entry.entity)}


def _details(entity: str) -> Mapping[str, Any]:
    """What a client could also read off the entity."""
    if team := _TEAM.fullmatch(entity):
        return {"projectTeam": {"projectNumber": team["number"], "team": team["team"]}}
    kind, _, value = entity.partition("-")
    if kind in ("user", "group"):
        return {"email": value}
    return {"domain": value} if kind == "domain" else {}
