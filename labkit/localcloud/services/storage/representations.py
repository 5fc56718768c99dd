"""Buckets and objects as the JSON API shows them.

Sources: https://cloud.google.com/storage/docs/json_api/v1/buckets, https://cloud.google.com/storage/docs/json_api/v1/objects
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.copies import RewriteProgress
from labkit.localcloud.services.storage.customer_keys import ALGORITHM
from labkit.localcloud.services.storage.entities import Bucket, StoredObject
from labkit.localcloud.services.storage.listing import Listing, Position, to_token
from labkit.localcloud.services.storage.rfc3339 import timestamp

# How long uniform access can be taken back: https://cloud.google.com/storage/docs/uniform-bucket-level-access
_UNIFORM_ACCESS_LOCKS_AFTER = timedelta(days=90)

Json = dict[str, Any]


class FullProjection(Protocol):
    """What `projection=full` adds, where the caller may see it."""

    def of_bucket(self, bucket: Bucket) -> Json: ...

    def of_object(self, stored: StoredObject) -> Json: ...


class Representations:
    """Resources with links under `base`, the scheme and host the client itself uses ("https://storage.googleapis.com").

    Without `full` they have no access control lists and no owners. `key_sha256` is of the customer's key that the
    request brings: digests of an encrypted object are shown with its key only.
    """

    def __init__(self, base: str, full: FullProjection | None = None, key_sha256: bytes = b"") -> None:
        self._base = base
        self._full = full
        self._key_sha256 = key_sha256

    def bucket(self, bucket: Bucket) -> Json:
        configuration = bucket.configuration
        return {
            **configuration.to_json(),
            "kind": "storage#bucket",
            "id": bucket.name,
            "name": bucket.name,
            "selfLink": f"{self._base}/storage/v1/b/{bucket.name}",
            "projectNumber": bucket.project_number,
            "generation": str(bucket.generation),
            "metageneration": str(bucket.metageneration),
            "etag": etag(bucket.metageneration),
            "timeCreated": timestamp(bucket.created),
            "updated": timestamp(bucket.updated),
            "locationType": configuration.location.type,
            "iamConfiguration": _iam_configuration(bucket),
            "softDeletePolicy": _soft_delete_policy(bucket),
            **_retention_policy(bucket),
            **_autoclass(bucket),
            **({"objectRetention": {"mode": "Enabled"}} if bucket.has_object_retention else {}),
            **_times(softDeleteTime=bucket.soft_deleted, hardDeleteTime=bucket.hard_deleted),
            **(self._full.of_bucket(bucket) if self._full else {}),
        }

    def bucket_list(self, buckets: Sequence[Bucket], next_start: str) -> Json:
        token = {"nextPageToken": to_token(Position(next_start))} if next_start else {}
        items = {"items": [self.bucket(bucket) for bucket in buckets]} if buckets else {}
        return {"kind": "storage#buckets", **token, **items}

    def storage_layout(self, bucket: Bucket) -> Json:
        """What gcloud asks first, to learn whether folders are real."""
        regions = bucket.configuration.location.regions
        return {
            "kind": "storage#storageLayout",
            "bucket": bucket.name,
            "location": bucket.configuration.location.name,
            "locationType": bucket.configuration.location.type,
            "hierarchicalNamespace": {"enabled": False},
            **({"customPlacementConfig": {"dataLocations": list(regions)}} if regions else {}),
        }

    def object(self, stored: StoredObject) -> Json:
        bucket, name = stored.address.bucket, stored.address.name
        path = f"storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        created = timestamp(stored.created)
        return {
            **stored.attributes.json,
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{stored.generation}",
            "selfLink": f"{self._base}/{path}",
            "mediaLink": f"{self._base}/download/{path}?generation={stored.generation}&alt=media",
            "name": name,
            "bucket": bucket,
            "generation": str(stored.generation),
            "metageneration": str(stored.metageneration),
            "size": str(stored.blob.size),
            **self._digests(stored.blob),
            "etag": etag(stored.generation, stored.metageneration),
            "timeCreated": created,
            "updated": timestamp(stored.updated),
            "timeStorageClassUpdated": timestamp(stored.class_updated) if stored.class_updated else created,
            "timeFinalized": created,
            **({"componentCount": stored.components} if stored.components else {}),
            **_times(
                timeDeleted=stored.deleted,
                softDeleteTime=stored.soft_deleted,
                hardDeleteTime=stored.hard_deleted,
                retentionExpirationTime=stored.retained_until,
            ),
            **(self._full.of_object(stored) if self._full else {}),
        }

    def _digests(self, blob: Blob) -> Json:
        digests = Checksums.of(blob)
        shown = {"crc32c": digests.crc32c, **({"md5Hash": digests.md5} if digests.md5 else {})}
        if not blob.key_sha256:
            return shown
        key = {"encryptionAlgorithm": ALGORITHM, "keySha256": base64.b64encode(blob.key_sha256).decode()}
        return {"customerEncryption": key, **(shown if blob.key_sha256 == self._key_sha256 else {})}

    def object_list(self, listing: Listing) -> Json:
        reply: Json = {"kind": "storage#objects"}
        if listing.next_start:
            reply["nextPageToken"] = to_token(listing.next_start)
        if listing.prefixes:
            reply["prefixes"] = list(listing.prefixes)
        if listing.objects:
            reply["items"] = [self.object(stored) for stored in listing.objects]
        return reply

    def object_list_text(self, listing: Listing) -> str:
        """`object_list` in JSON. The text of an object is kept with it, where the caller has no part in it."""
        page = _text(self.object_list(replace(listing, objects=())))
        if not listing.objects:
            return page
        items = ",".join(map(self._object_text, listing.objects))
        return f'{page[:-1]},"items":[{items}]}}'

    def _object_text(self, stored: StoredObject) -> str:
        if self._full:
            return _text(self.object(stored))
        seen_as = (self._base, self._key_sha256)
        if seen_as not in stored.shown:
            stored.shown[seen_as] = _text(self.object(stored))
        return stored.shown[seen_as]

    def rewrite(self, progress: RewriteProgress) -> Json:
        """The copy, or the token that the call to go on with needs."""
        rest = {"resource": self.object(progress.stored)} if progress.stored else {"rewriteToken": progress.token}
        return {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": str(progress.rewritten),
            "objectSize": str(progress.size),
            "done": progress.stored is not None,
            **rest,
        }


def _text(resource: Json) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def etag(*numbers: int) -> str:
    """Generations as Google's etags hold them: a protobuf of varints. Metageneration 1 of a bucket is "CAE=".

    >>> etag(1)
    'CAE='
    """
    encoded = bytearray()
    for position, number in enumerate(numbers, start=1):
        encoded.append(position << 3)
        while number > 0x7F:
            encoded.append(number & 0x7F | 0x80)
            number >>= 7
        encoded.append(number)
    return base64.b64encode(encoded).decode()


def _times(**times: datetime | None) -> Json:
    """Those that there are."""
    return {name: timestamp(time) for name, time in times.items() if time}


def _soft_delete_policy(bucket: Bucket) -> Json:
    seconds = str(bucket.configuration.soft_delete_seconds)
    return {"retentionDurationSeconds": seconds, **_times(effectiveTime=bucket.since.soft_delete)}


def _retention_policy(bucket: Bucket) -> Json:
    seconds = bucket.configuration.retention_seconds
    if not seconds:
        return {}
    since = _times(effectiveTime=bucket.since.retention)
    lock = {"isLocked": True} if bucket.is_retention_locked else {}
    return {"retentionPolicy": {"retentionPeriod": str(seconds), **since, **lock}}


def _autoclass(bucket: Bucket) -> Json:
    autoclass = bucket.configuration.autoclass.to_json()
    if not autoclass:
        return {}
    since = bucket.since
    times = _times(toggleTime=since.autoclass, terminalStorageClassUpdateTime=since.terminal_class)
    return {"autoclass": {**autoclass, **times}}


def _iam_configuration(bucket: Bucket) -> Json:
    uniform: Json = {"enabled": bucket.configuration.uniform_access}
    if bucket.since.uniform_access:
        uniform["lockedTime"] = timestamp(bucket.since.uniform_access + _UNIFORM_ACCESS_LOCKS_AFTER)
    return {
        "bucketPolicyOnly": uniform,  # the former name, which older clients read
        "uniformBucketLevelAccess": uniform,
        "publicAccessPrevention": bucket.configuration.public_access_prevention,
    }
