"""Object data on disk: written beside, made durable, then renamed, so that a reader never sees half a blob."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

from labkit.localcloud.core.ids import Ids


@dataclass(frozen=True)
class Blob:
    """Bytes that will not change. `crc32c` and `md5` are raw digests, big endian, of 4 and 16 bytes."""

    id: str
    size: int
    crc32c: bytes
    md5: bytes


class Blobs:
    """A folder of immutable blobs, named by opaque ids, fanned out over 256 folders."""

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._ids = ids
        self._partial = folder / "partial"
        self._partial.mkdir(parents=True, exist_ok=True)

    def path(self, blob_id: str) -> Path:
        """Where the bytes of a committed blob are."""
        return self._folder / blob_id[:2] / blob_id

    def create(self) -> BlobWriter:
        return BlobWriter(self, self._ids.opaque())

    def partial_path(self, blob_id: str) -> Path:
        """Where a blob that is still being written is."""
        return self._partial / blob_id

    def delete(self, blob_id: str) -> None:
        """Remove a blob, committed or partial; one that is gone already is no error."""
        self.path(blob_id).unlink(missing_ok=True)
        self.partial_path(blob_id).unlink(missing_ok=True)

    def ids(self) -> Iterator[str]:
        """Every blob on disk, committed or partial: to find what a crash left without an owner."""
        for folder in self._folder.iterdir():
            for entry in folder.iterdir():
                yield entry.name


class BlobWriter:
    """Takes bytes as they arrive and digests them; `commit` makes them a blob, `discard` forgets them."""

    def __init__(self, blobs: Blobs, blob_id: str) -> None:
        self.id = blob_id
        self.size = 0
        self._blobs = blobs
        self._crc32c = google_crc32c.Checksum()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = blobs.partial_path(blob_id).open("wb")

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._crc32c.update(data)
        self._md5.update(data)
        self.size += len(data)

    async def sync(self) -> None:
        """Make what was written so far survive a crash."""
        self._file.flush()
        await asyncio.to_thread(os.fsync, self._file.fileno())

    async def commit(self) -> Blob:
        """Durable under its final name when this returns."""
        target = self._blobs.path(self.id)
        await self.sync()
        self._file.close()
        await asyncio.to_thread(_rename_durably, self._blobs.partial_path(self.id), target)
        return Blob(self.id, self.size, self._crc32c.digest(), self._md5.digest())

    def discard(self) -> None:
        with contextlib.suppress(OSError):  # On a full disk, closing tries once more to write what is buffered.
            self._file.close()
        self._blobs.delete(self.id)


def _rename_durably(source: Path, target: Path) -> None:
    if not target.parent.exists():
        target.parent.mkdir(exist_ok=True)
        _sync_folder(target.parent.parent)
    source.replace(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals the rename itself.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
