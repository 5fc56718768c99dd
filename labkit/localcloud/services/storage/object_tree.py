"""The buckets of a project as a job's `/gcs` sees them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.runtime.object_tree import ObjectStat
from labkit.localcloud.services.storage.access import Caller, Guard
from labkit.localcloud.services.storage.names import Address

_PIECE = 1024 * 1024


class StorageTree:
    """Implements `runtime.object_tree.ObjectTree` over the buckets of one project, as one service account."""

    def __init__(self, guard: Guard, account: Principal, project_number: str) -> None:
        self._guard = guard
        self._storage = guard.storage
        self._account = account
        self._project_number = project_number

    async def buckets(self) -> Sequence[str]:
        return self._storage.buckets.names(self._project_number)

    async def objects(self, bucket: str) -> Sequence[ObjectStat]:
        self._caller().require_on_bucket("storage.objects.list", bucket, list_prefix="")
        return [
            ObjectStat(stored.address.name, stored.generation, stored.blob.size)
            for stored in self._storage.walk(bucket)
        ]

    async def read(self, bucket: str, name: str, target: Path) -> int:
        self._caller().require_on_object("storage.objects.get", Address(bucket, name))
        stored = self._storage.objects.get(Address(bucket, name))
        # Opened at once: the object may be overwritten while it is copied.
        with self._storage.path(stored).open("rb") as source, target.open("wb") as copy:
            await asyncio.to_thread(shutil.copyfileobj, source, copy, _PIECE)
        return stored.generation

    async def write(self, bucket: str, name: str, source: Path) -> int:
        address = Address(bucket, name)
        self._caller().require_on_object("storage.objects.create", address)
        if self._storage.objects.find(address) is not None:
            self._caller().require_on_object("storage.objects.delete", address)
        stored = await self._storage.write(address, _pieces(source))
        return stored.generation

    async def delete(self, bucket: str, name: str) -> None:
        self._caller().require_on_object("storage.objects.delete", Address(bucket, name))
        self._storage.objects.delete(Address(bucket, name))

    def _caller(self) -> Caller:
        # A new one each time: policies may change while the job runs.
        return self._guard.caller(self._account)


async def _pieces(source: Path) -> AsyncIterator[bytes]:
    with source.open("rb") as file:
        while data := await asyncio.to_thread(file.read, _PIECE):
            yield data
