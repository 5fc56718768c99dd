"""Objects put together of others.

Source: https://cloud.google.com/storage/docs/composite-objects
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from labkit.localcloud.core.blobs import Blob, Blobs
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD, Authorship
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions

_MOST_SOURCES = 32


@dataclass(frozen=True)
class Part:
    """A source, in the bucket of the target."""

    name: str
    generation: int | None = None
    preconditions: Preconditions = NONE


@dataclass(frozen=True)
class Composition:
    """What to compose."""

    target: Address
    parts: Sequence[Part]
    attributes: ObjectAttributes = field(default_factory=ObjectAttributes)
    preconditions: Preconditions = NONE
    deletes_sources: bool = False
    authorship: Authorship = THE_CLOUD
    key: CustomerKey = NO_KEY

    @classmethod
    def from_json(cls, target: Address, body: Body, preconditions: Preconditions) -> Composition:
        """From a ComposeRequest. Raises INVALID_ARGUMENT for too few or too many sources."""
        sources = body.objects("sourceObjects")
        if not sources:
            raise ApiError.invalid("You must provide at least one source component.")
        if len(sources) > _MOST_SOURCES:
            raise ApiError.invalid(
                f"The number of source components provided ({len(sources)}) exceeds the maximum ({_MOST_SOURCES})"
            )
        return cls(
            target=target,
            parts=tuple(map(_part, sources)),
            attributes=ObjectAttributes.from_json(body.object("destination")),
            preconditions=preconditions,
            deletes_sources=body.flag("deleteSourceObjects"),
        )


class Composer:
    """Joins the bytes off the event loop; then writes, and deletes the sources if asked, in one transaction."""

    def __init__(self, blobs: Blobs, objects: Objects) -> None:
        self._blobs = blobs
        self._objects = objects

    async def compose(self, composition: Composition) -> StoredObject:
        """Raises NOT_FOUND and conditionNotMet, of a source too, and PERMISSION_DENIED where one must be kept."""
        target = composition.target
        composition.preconditions.check(self._objects.find(target))
        sources = [self._source(composition, part) for part in composition.parts]
        blob = await self._joined(sources, composition.key)
        components = sum(source.components or 1 for source in sources)
        writing = self._objects.writing(
            target,
            composition.attributes,
            blob,
            composition.preconditions,
            components=components,
            authorship=composition.authorship,
        )
        try:
            with writing as stored:
                if composition.deletes_sources:
                    self._delete(sources, stored)
        except BaseException:
            self._objects.release(blob)
            raise
        return stored

    async def _joined(self, sources: Sequence[StoredObject], key: CustomerKey) -> Blob:
        blobs = [source.blob for source in sources]
        if len(blobs) == 1:
            return replace(blobs[0], md5=b"")
        if key.key:
            return replace(await self._blobs.rewrite(blobs, key.key, key.key), md5=b"")
        return await self._blobs.join(blobs)

    def _source(self, composition: Composition, part: Part) -> StoredObject:
        found = self._objects.get(Address(composition.target.bucket, part.name), part.generation)
        part.preconditions.check(found)
        composition.key.check(found.blob.key_sha256)  # All sources must be encrypted with the key of the target.
        return found

    def _delete(self, sources: Sequence[StoredObject], target: StoredObject) -> None:
        for address in {source.address for source in sources} - {target.address}:
            if self._objects.find(address):
                self._objects.delete(address)


def _part(body: Body) -> Part:
    generation = body.object("objectPreconditions").number("ifGenerationMatch")
    return Part(body.text("name"), body.number("generation"), Preconditions(generation_match=generation))
