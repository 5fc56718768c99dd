"""Copies within Cloud Storage: in one call, or in several as a rewrite over locations or storage classes needs them.

Source: https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, replace

from labkit.localcloud.core.blobs import Blob, Blobs
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD, Authorship
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions

_MIB = 1024 * 1024

# Google copies for some thirty seconds a call; here the bytes stay where they are, and this much stands for it.
_BYTES_PER_CALL = 1024 * _MIB


@dataclass(frozen=True)
class Copy:
    """A copy to make. Without `attributes` it takes those of its source; None as generation is the present one."""

    source: Address
    target: Address
    source_generation: int | None = None
    attributes: ObjectAttributes | None = None
    source_preconditions: Preconditions = NONE
    preconditions: Preconditions = NONE
    authorship: Authorship = THE_CLOUD
    source_key: CustomerKey = NO_KEY
    key: CustomerKey = NO_KEY


@dataclass(frozen=True)
class Rewrite:
    """One call of a rewrite: with the token of the last call, empty in the first, and the client's own limit."""

    copy: Copy
    token: str = ""
    bytes_per_call: int | None = None


@dataclass(frozen=True)
class RewriteProgress:
    """How far a rewrite is. `stored` is None while it goes on, which takes a call with `token`."""

    size: int
    rewritten: int
    token: str
    stored: StoredObject | None


class Copies:
    """Copies objects; the bytes stay where they are, owned by both, unless the copy is to have another key."""

    def __init__(self, blobs: Blobs, buckets: Buckets, objects: Objects) -> None:
        self._blobs = blobs
        self._buckets = buckets
        self._objects = objects

    async def copy(self, copy: Copy) -> StoredObject:
        """Raises NOT_FOUND, conditionNotMet, PERMISSION_DENIED where the target must be kept."""
        return await self._put(copy, self._source(copy))

    async def rewrite(self, rewrite: Rewrite) -> RewriteProgress:
        """Go on with a copy. Raises as `copy` does, and INVALID_ARGUMENT for a token of another rewrite."""
        _check_limit(rewrite.bytes_per_call)
        state = _State.of(rewrite)
        source = self._source(replace(rewrite.copy, source_generation=state.generation))
        size = source.blob.size
        rewritten = min(size, state.rewritten + self._bytes_of_one_call(rewrite, source))
        if rewritten < size:
            token = replace(state, generation=source.generation, rewritten=rewritten).token
            return RewriteProgress(size, rewritten, token, stored=None)
        return RewriteProgress(size, size, token="", stored=await self._put(rewrite.copy, source))

    def _source(self, copy: Copy) -> StoredObject:
        source = self._objects.get(copy.source, copy.source_generation)
        copy.source_preconditions.check(source)
        copy.source_key.check(source.blob.key_sha256)
        return source

    async def _put(self, copy: Copy, source: StoredObject) -> StoredObject:
        attributes = copy.attributes or source.attributes.for_copy()
        return self._objects.put(
            copy.target,
            attributes,
            await self._under_its_key(copy, source.blob),
            copy.preconditions,
            components=source.components,
            authorship=copy.authorship,
        )

    async def _under_its_key(self, copy: Copy, blob: Blob) -> Blob:
        if copy.source_key == copy.key:
            return blob
        copied = await self._blobs.rewrite([blob], copy.source_key.key, copy.key.key)
        return replace(copied, md5=blob.md5)  # which a composite object does not have

    def _bytes_of_one_call(self, rewrite: Rewrite, source: StoredObject) -> int:
        bucket = self._buckets.get(source.address.bucket).configuration
        target = self._buckets.get(rewrite.copy.target.bucket).configuration
        named_class = rewrite.copy.attributes.storage_class if rewrite.copy.attributes else ""
        target_class = named_class or target.storage_class
        if bucket.location == target.location and source.attributes.storage_class == target_class:
            return source.blob.size
        return rewrite.bytes_per_call or _BYTES_PER_CALL


@dataclass(frozen=True)
class _State:
    """What a token holds: nothing is kept here between the calls. `request` stands for what may not change."""

    request: str
    generation: int | None
    rewritten: int

    @classmethod
    def of(cls, rewrite: Rewrite) -> _State:
        copy = rewrite.copy
        what = (copy.source, copy.target, copy.attributes, rewrite.bytes_per_call)
        request = hashlib.sha256(repr(what).encode()).hexdigest()
        if not rewrite.token:
            return cls(request, copy.source_generation, 0)
        try:
            state = cls(*json.loads(base64.urlsafe_b64decode(rewrite.token)))
        except (binascii.Error, ValueError, TypeError):
            state = None
        if state is None or state.request != request:
            raise ApiError.invalid("Invalid rewriteToken: it is not one this rewrite gave.")
        return state

    @property
    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.request, self.generation, self.rewritten]).encode()).decode()


def _check_limit(bytes_per_call: int | None) -> None:
    if bytes_per_call is not None and (bytes_per_call < _MIB or bytes_per_call % _MIB):
        raise ApiError.invalid(
            f"Invalid value '{bytes_per_call}' for parameter 'maxBytesRewrittenPerCall': it is not a multiple of 1 MiB."
        )
