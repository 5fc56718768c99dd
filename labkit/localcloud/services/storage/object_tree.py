"""The buckets of a project as a job's `/gcs` sees them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from labkit.localcloud.runtime.object_tree import ObjectStat
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.storage import Storage

_PIECE = 1024 * 1024


class StorageTree:
    """Implements `runtime.object_tree.ObjectTree` over the buckets of one project."""

    def __init__(self, storage: Storage, project_number: str) -> None:
        self._storage = storage
        self._project_number = project_number

    async def buckets(self) -> Sequence[str]:
        return self._storage.buckets.names(self._project_number)

    async def objects(self, bucket: str) -> Sequence[ObjectStat]:
        return [
            ObjectStat(stored.address.name, stored.generation, stored.blob.size)
            for stored in self._storage.walk(bucket)
        ]

    async def read(self, bucket: str, name: str, target: Path) -> int:
        stored = self._storage.objects.get(Address(bucket, name))
        # Opened at once: the object may be overwritten while it is copied.
        with self._storage.path(stored).open("rb") as source, target.open("wb") as copy:
            await asyncio.to_thread(shutil.copyfileobj, source, copy, _PIECE)
        return stored.generation

    async def write(self, bucket: str, name: str, source: Path) -> int:
        stored = await self._storage.write(Address(bucket, name), _pieces(source))
        return stored.generation

    async def delete(self, bucket: str, name: str) -> None:
        self._storage.objects.delete(Address(bucket, name))


async def _pieces(source: Path) -> AsyncIterator[bytes]:
    with source.open("rb") as file:
        while data := await asyncio.to_thread(file.read, _PIECE):
            yield data
