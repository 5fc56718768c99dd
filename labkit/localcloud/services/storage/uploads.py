"""Bytes on their way to an object. The order never changes: blob durable, row committed, then the reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from labkit.localcloud.core.blobs import Blobs, BlobWriter
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.byte_ranges import ContentRange
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.upload_sessions import Upload, UploadSession, UploadSessions

# Cloud Storage keeps whole multiples of 256 KiB of an upload that goes on; what is over must be sent again.
# Source: https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
QUANTUM = 256 * 1024

_COPY_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Unfinished:
    """A resumable upload that goes on; `received` bytes need not be sent again."""

    received: int


@dataclass
class _Open:
    """A session's blob while this server is the one that writes it.

    A writer is sound while it holds exactly the acknowledged bytes; after a failed write it does not.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    requests: int = 0
    writer: BlobWriter | None = None
    is_sound: bool = True


class Uploads:
    """Takes uploads whole or in pieces."""

    def __init__(self, blobs: Blobs, ids: Ids, buckets: Buckets, objects: Objects, sessions: UploadSessions) -> None:
        self._blobs = blobs
        self._ids = ids
        self._buckets = buckets
        self._objects = objects
        self._sessions = sessions
        self._open: dict[str, _Open] = {}

    async def store(self, upload: Upload, stream: AsyncIterator[bytes]) -> StoredObject:
        """An upload in one request. On any error, a lost connection among them, nothing is stored."""
        self._check_early(upload)
        writer = self._blobs.create(upload.key.key)
        try:
            async for data in stream:
                await writer.write(data)
            blob = await writer.commit()
            upload.checksums.check(blob)
        except BaseException:
            await writer.discard()
            raise
        return self._objects.put(
            upload.address, upload.attributes, blob, upload.preconditions, authorship=upload.authorship
        )

    def begin(self, upload: Upload, total: int | None) -> UploadSession:
        """Start a resumable upload; `total` is its size, if the client says it."""
        self._check_early(upload)
        session = UploadSession(
            self._ids.opaque(), upload, total, blob_id="", received=0, generation=None, key_sha256=upload.key.sha256
        )
        self._sessions.insert(session)
        return session

    async def append(
        self,
        session_id: str,
        content: ContentRange,
        checksums: Checksums,
        stream: AsyncIterator[bytes],
        key: CustomerKey = NO_KEY,
    ) -> StoredObject | Unfinished:
        """Take a piece of a resumable upload, or say how far it is.

        What is acknowledged is on the disk first. The object comes into being when the bytes are as many as `total`
        says; asked again after that, the answer is the same object.
        """
        async with self._holding(session_id) as held:
            session = await self._session(session_id, held)
            if session.generation is not None:
                return self._objects.get(session.upload.address, session.generation)
            total = content.total if content.total is not None else session.total
            if content.first is not None:
                key.check(session.key_sha256)
                session = await self._take(session, held, _Piece(content.first, total, key), stream)
            if total is None or session.received < total:
                return Unfinished(session.received)
            key.check(session.key_sha256)
            return await self._finish(session, held, checksums, key)

    async def cancel(self, session_id: str) -> None:
        """Forget a resumable upload and its bytes."""
        async with self._holding(session_id) as held:
            session = await self._session(session_id, held)
            self._sessions.delete(session_id)
            await self._drop(session, held)

    def _check_early(self, upload: Upload) -> None:
        # Checked again when the object is written: this spares the client from sending what will be refused.
        self._buckets.get(upload.address.bucket)
        replaced = self._objects.find(upload.address)
        upload.preconditions.check(replaced)
        if replaced:
            upload.authorship.check_replacement()

    @asynccontextmanager
    async def _holding(self, session_id: str) -> AsyncIterator[_Open]:
        """A session to oneself: a client that retries may be here before its first attempt has ended."""
        held = self._open.setdefault(session_id, _Open())
        held.requests += 1
        try:
            async with held.lock:
                yield held
        finally:
            held.requests -= 1
            if held.requests == 0 and held.writer is None:
                del self._open[session_id]

    async def _session(self, session_id: str, held: _Open) -> UploadSession:
        try:
            return self._sessions.get(session_id)
        except ApiError:
            if held.writer is not None:  # it expired while this server held it
                await held.writer.discard()
                held.writer = None
            raise

    async def _take(
        self, session: UploadSession, held: _Open, piece: _Piece, stream: AsyncIterator[bytes]
    ) -> UploadSession:
        if piece.first > session.received:
            # 503, and two blanks: as Google answers, so that a client asks for the state and goes on.
            raise ApiError(
                Code.UNAVAILABLE,
                f"Invalid request.  According to the Content-Range header, the upload offset is {piece.first} byte(s), "
                f"which exceeds already uploaded size of {session.received} byte(s).",
            )
        writer = await self._writer(session, held, piece.key)
        # Until the bytes are acknowledged; a failed write leaves it so, and the next piece starts from a copy.
        held.is_sound = False
        try:
            async for data in piece.wanted(stream, writer.size):
                await writer.write(data)
        except ApiError:
            # The connection was lost, or there was too much: what came before that counts.
            await self._acknowledge(session, held, writer)
            raise
        await self._acknowledge(session, held, writer)
        return replace(session, blob_id=writer.id, received=writer.size)

    async def _acknowledge(self, session: UploadSession, held: _Open, writer: BlobWriter) -> None:
        await writer.sync()
        self._sessions.advance(session.id, writer.id, writer.size)
        held.is_sound = True

    async def _writer(self, session: UploadSession, held: _Open, key: CustomerKey) -> BlobWriter:
        if held.writer is None or not held.is_sound:
            held.writer = await self._reopened(session, held, key)
            held.is_sound = True
        return held.writer

    async def _reopened(self, session: UploadSession, held: _Open, key: CustomerKey) -> BlobWriter:
        """A writer that holds the acknowledged bytes again, after a restart or a failed write.

        Digests cannot be taken up in the middle, so the bytes must be read anyway; copied, they leave behind what
        was written after the last acknowledgement.
        """
        writer = self._blobs.create(key.key)
        try:
            if session.blob_id:
                await self._copy(session, writer, key)
                await writer.sync()
                self._sessions.advance(session.id, writer.id, writer.size)
        except BaseException:
            await writer.discard()
            raise
        await self._drop(session, held)
        return writer

    async def _copy(self, session: UploadSession, writer: BlobWriter, key: CustomerKey) -> None:
        with self._blobs.open_unfinished(session.blob_id, key=key.key) as reader:
            while writer.size < session.received:
                data = await asyncio.to_thread(reader.read, min(_COPY_PIECE, session.received - writer.size))
                if not data:
                    raise ApiError(
                        Code.DATA_LOSS,
                        f"Upload session '{session.id}' has {writer.size} bytes on the disk of {session.received} "
                        "acknowledged. Start a new upload.",
                    )
                await writer.write(data)

    async def _finish(
        self, session: UploadSession, held: _Open, checksums: Checksums, key: CustomerKey
    ) -> StoredObject:
        upload = session.upload
        writer = await self._writer(session, held, key)
        held.is_sound = False
        blob = await writer.commit()
        held.writer = None
        try:
            upload.checksums.also(checksums).check(blob)
            with self._objects.writing(
                upload.address, upload.attributes, blob, upload.preconditions, authorship=upload.authorship
            ) as stored:
                self._sessions.complete(session.id, stored.generation)
        except ApiError:
            # Bytes that are refused once will be refused again: the session ends with them.
            self._sessions.delete(session.id)
            self._blobs.delete(blob.id)
            raise
        return stored

    async def _drop(self, session: UploadSession, held: _Open) -> None:
        if held.writer is not None:
            await held.writer.discard()
            held.writer = None
        if session.blob_id:
            self._blobs.delete(session.blob_id)


@dataclass(frozen=True)
class _Piece:
    """Where the bytes of a request belong: from `first` on, in an upload of `total` bytes if that is known."""

    first: int
    total: int | None
    key: CustomerKey

    async def wanted(self, stream: AsyncIterator[bytes], received: int) -> AsyncIterator[bytes]:
        """What of the request's bytes to write after `received` others: whole quanta, unless the upload ends here."""
        skip = received - self.first
        held: list[bytes] = []  # less than a quantum
        async for data in stream:
            wanted = data[skip:]
            skip -= min(skip, len(data))
            size = received + sum(map(len, held)) + len(wanted)
            self._refuse_excess(size)
            if size - received < QUANTUM:
                held.append(wanted)
                continue
            cut = len(wanted) - (size - received) % QUANTUM
            for piece in (*held, wanted[:cut]):
                yield piece
            held, received = [wanted[cut:]], received + sum(map(len, held)) + cut
        if received + sum(map(len, held)) == self.total:
            for piece in held:
                yield piece

    def _refuse_excess(self, size: int) -> None:
        if self.total is not None and size > self.total:
            raise ApiError.invalid(f"The upload has {size} bytes, more than the {self.total} that were announced.")
