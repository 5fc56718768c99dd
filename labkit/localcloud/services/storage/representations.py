"""Buckets and objects as the JSON API shows them.

Sources: https://cloud.google.com/storage/docs/json_api/v1/buckets, https://cloud.google.com/storage/docs/json_api/v1/objects
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.entities import Bucket, StoredObject
from labkit.localcloud.services.storage.listing import Listing, to_token

# How long uniform access can be taken back: https://cloud.google.com/storage/docs/uniform-bucket-level-access
_UNIFORM_ACCESS_LOCKS_AFTER = timedelta(days=90)

Json = dict[str, Any]


class Representations:
    """Resources with links under `base`, the scheme and host the client itself uses ("https://storage.googleapis.com")."""

    def __init__(self, base: str) -> None:
        self._base = base

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
            "softDeletePolicy": {
                "retentionDurationSeconds": str(configuration.soft_delete_seconds),
                "effectiveTime": timestamp(bucket.soft_delete_since),
            },
            **({} if configuration.location.type == "region" else {"rpo": "DEFAULT"}),
        }

    def bucket_list(self, buckets: Sequence[Bucket], next_start: str) -> Json:
        token = {"nextPageToken": to_token(next_start)} if next_start else {}
        items = {"items": [self.bucket(bucket) for bucket in buckets]} if buckets else {}
        return {"kind": "storage#buckets", **token, **items}

    def storage_layout(self, bucket: Bucket) -> Json:
        """What gcloud asks first, to learn whether folders are real."""
        return {
            "kind": "storage#storageLayout",
            "bucket": bucket.name,
            "location": bucket.configuration.location.name,
            "locationType": bucket.configuration.location.type,
            "hierarchicalNamespace": {"enabled": False},
        }

    def object(self, stored: StoredObject) -> Json:
        bucket, name = stored.address.bucket, stored.address.name
        path = f"storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        digests = Checksums.of(stored.blob)
        created = timestamp(stored.created)
        return {
            **stored.attributes.to_json(),
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{stored.generation}",
            "selfLink": f"{self._base}/{path}",
            "mediaLink": f"{self._base}/download/{path}?generation={stored.generation}&alt=media",
            "name": name,
            "bucket": bucket,
            "generation": str(stored.generation),
            "metageneration": str(stored.metageneration),
            "size": str(stored.blob.size),
            "crc32c": digests.crc32c,
            "md5Hash": digests.md5,
            "etag": etag(stored.generation, stored.metageneration),
            "timeCreated": created,
            "updated": timestamp(stored.updated),
            "timeStorageClassUpdated": created,
            "timeFinalized": created,
        }

    def object_list(self, listing: Listing) -> Json:
        reply: Json = {"kind": "storage#objects"}
        if listing.next_start:
            reply["nextPageToken"] = to_token(listing.next_start)
        if listing.prefixes:
            reply["prefixes"] = list(listing.prefixes)
        if listing.objects:
            reply["items"] = [self.object(stored) for stored in listing.objects]
        return reply

    def rewrite(self, stored: StoredObject) -> Json:
        """A rewrite that was done in one call, as one within a location is."""
        size = str(stored.blob.size)
        return {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": size,
            "objectSize": size,
            "done": True,
            "resource": self.object(stored),
        }


def timestamp(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def etag(*numbers: int) -> str:
    """Generations as Google's etags hold them: a protobuf of varints. Metageneration 1 of a bucket is "CAE=".

    >>> etag(1)
    'CAE='
    """
    fields = (bytes([position << 3]) + _varint(number) for position, number in enumerate(numbers, start=1))
    return base64.b64encode(b"".join(fields)).decode()


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _iam_configuration(bucket: Bucket) -> Json:
    uniform: Json = {"enabled": bucket.configuration.uniform_access}
    if bucket.uniform_access_since:
        uniform["lockedTime"] = timestamp(bucket.uniform_access_since + _UNIFORM_ACCESS_LOCKS_AFTER)
    return {
        "bucketPolicyOnly": uniform,  # the former name, which older clients read
        "uniformBucketLevelAccess": uniform,
        "publicAccessPrevention": bucket.configuration.public_access_prevention,
    }
