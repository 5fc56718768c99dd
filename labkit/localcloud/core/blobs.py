"""Object data on disk: written beside, made durable, then renamed, so that a reader never sees half a blob."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from labkit.localcloud.core import crc32c
from labkit.localcloud.core.blob_cipher import Cipher, ctr_decryptor, ctr_encryptor
from labkit.localcloud.core.ids import Ids

_PIECE = 1024 * 1024

# What a file system or a kernel answers that cannot copy between files by itself.
_CANNOT_COPY = {errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EOPNOTSUPP}


@dataclass(frozen=True)
class Blob:
    """Bytes that will not change. `crc32c` and `md5` are raw digests, big endian, of 4 and 16 bytes.

    A blob joined of others has an empty `md5`. `key_sha256` is of the key its file is encrypted with, empty where it is
    not; the digests are of what was encrypted.
    """

    id: str
    size: int
    crc32c: bytes
    md5: bytes
    key_sha256: bytes = b""


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

    def create(self, key: bytes = b"") -> BlobWriter:
        """A new blob; with a `key`, of 32 bytes, its file is encrypted."""
        return BlobWriter(self, self._ids.opaque(), key)

    def open(self, blob_id: str, *, start: int = 0, key: bytes = b"") -> BlobReader:
        """The bytes of a committed blob from `start` on; `key` is that with which it was made."""
        return BlobReader(self.path(blob_id), start, ctr_decryptor(key, blob_id, start) if key else None)

    async def join(self, parts: Sequence[Blob]) -> Blob:
        """The bytes of other blobs in a row as a new one, durable when this returns. The kernel copies where it can."""
        blob_id = self._ids.opaque()
        size = sum(part.size for part in parts)
        with contextlib.ExitStack() as stack:
            # Opened at once: the owner of a part may delete it meanwhile.
            sources = [stack.enter_context(self.path(part.id).open("rb", buffering=0)) for part in parts]
            try:
                await asyncio.to_thread(_join, sources, self.partial_path(blob_id), size)
                await asyncio.to_thread(_rename_durably, self.partial_path(blob_id), self.path(blob_id))
            except BaseException:
                self.delete(blob_id)
                raise
        digest = reduce(lambda joined, part: crc32c.combine(joined, part.crc32c, part.size), parts, bytes(4))
        return Blob(blob_id, size, digest, md5=b"")

    async def rewrite(self, parts: Sequence[Blob], old_key: bytes, new_key: bytes) -> Blob:
        """The bytes of other blobs in a row as a new one, read with one key and written with another; empty is none."""
        writer = self.create(new_key)
        try:
            for part in parts:
                with self.open(part.id, key=old_key) as reader:
                    while data := await asyncio.to_thread(reader.read, _PIECE):
                        await writer.write(data)
            return await writer.commit()
        except BaseException:
            await writer.discard()
            raise

    def open_unfinished(self, blob_id: str, *, key: bytes = b"") -> BlobReader:
        """What a crash left of a blob that was being written, or had just got its name."""
        path = self.partial_path(blob_id)
        cipher = ctr_decryptor(key, blob_id, 0) if key else None
        return BlobReader(path if path.exists() else self.path(blob_id), 0, cipher)

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


class BlobReader:
    """Reads a blob; to be closed. It goes on reading what it opened when the blob is deleted."""

    def __init__(self, path: Path, start: int, cipher: Cipher | None) -> None:
        self._file = FileIO(path)
        if start:
            self._file.seek(start)
        self._cipher = cipher

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        data = self._file.read(size)
        return self._cipher.update(data) if self._cipher else data


class BlobWriter:
    """Takes bytes as they arrive and digests them; `commit` makes them a blob, `discard` forgets them.

    `size` is of all that was taken. Threads write and digest, one MiB after the other, while more arrives: no other
    request waits for a disk, and a small blob costs one thread's turn.
    """

    def __init__(self, blobs: Blobs, blob_id: str, key: bytes) -> None:
        self.id = blob_id
        self.size = 0
        self._blobs = blobs
        self._crc32c = google_crc32c.Checksum()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._key_sha256 = hashlib.sha256(key).digest() if key else b""
        self._cipher = ctr_encryptor(key, blob_id) if key else None
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._writing: asyncio.Future[None] | None = None

    async def write(self, data: bytes) -> None:
        """Take bytes. May return before they are on the disk; never holds more than two MiB and `data`."""
        self._waiting.append(data)
        self._waiting_size += len(data)
        self.size += len(data)
        if self._waiting_size >= _PIECE:
            await self._settle()
            self._writing = asyncio.get_running_loop().run_in_executor(None, self._write, self._taken())

    async def sync(self) -> None:
        """Make what was taken so far survive a crash."""
        await self._settle()
        await asyncio.to_thread(self._sync, self._taken())

    async def commit(self) -> Blob:
        """Durable under its final name when this returns."""
        await self._settle()
        await asyncio.to_thread(self._commit, self._taken())
        return Blob(self.id, self.size, self._crc32c.digest(), self._md5.digest(), self._key_sha256)

    async def discard(self) -> None:
        """Leave nothing behind; what went wrong before is no error here."""
        with contextlib.suppress(OSError):
            await self._settle()
        with contextlib.suppress(OSError):  # On a full disk, closing tries once more to write what is buffered.
            if self._file is not None:
                self._file.close()
        self._blobs.delete(self.id)

    def _taken(self) -> list[bytes]:
        taken, self._waiting, self._waiting_size = self._waiting, [], 0
        return taken

    async def _settle(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    def _write(self, pieces: Sequence[bytes]) -> None:
        file = self._opened()
        for piece in pieces:
            file.write(self._cipher.update(piece) if self._cipher else piece)
            self._crc32c.update(piece)
            self._md5.update(piece)

    def _sync(self, pieces: Sequence[bytes]) -> None:
        self._write(pieces)
        file = self._opened()
        file.flush()
        os.fsync(file.fileno())

    def _commit(self, pieces: Sequence[bytes]) -> None:
        self._sync(pieces)
        self._opened().close()
        _rename_durably(self._blobs.partial_path(self.id), self._blobs.path(self.id))

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = self._blobs.partial_path(self.id).open("wb")
        return self._file


def _join(sources: Sequence[BinaryIO], target: Path, size: int) -> None:
    with target.open("wb") as file:
        for source in sources:
            _append(source, file)
        file.flush()
        if os.fstat(file.fileno()).st_size != size:
            raise OSError(errno.EIO, f"Of the {size} bytes of {len(sources)} blobs, not all could be read", str(target))
        os.fsync(file.fileno())


def _append(source: BinaryIO, target: BinaryIO) -> None:
    if sys.platform == "linux":
        try:
            while os.copy_file_range(source.fileno(), target.fileno(), _PIECE):
                pass
            return
        except OSError as error:
            if error.errno not in _CANNOT_COPY:
                raise
    shutil.copyfileobj(source, target, _PIECE)


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
