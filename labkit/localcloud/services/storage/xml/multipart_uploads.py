"""Uploads of the XML API in numbered parts, any of them at once and in any order; they outlive the server.

Source: https://cloud.google.com/storage/docs/multipart-uploads
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from labkit.localcloud.core.blobs import Blob, Blobs
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import Authorship
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.preconditions import Preconditions
from labkit.localcloud.services.storage.xml import refusals

MOST_PARTS = 10_000
SMALLEST_PART = 5 * 1024 * 1024  # but for the last one

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_multipart_uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    owner TEXT NOT NULL,
    acl TEXT,
    created TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS storage_multipart_parts (
    upload TEXT NOT NULL REFERENCES storage_multipart_uploads (id),
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    crc32c BLOB NOT NULL,
    md5 BLOB NOT NULL,
    key_sha256 BLOB NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class MultipartUpload:
    """An upload that has begun: the first request says what the object is to be, and whose."""

    id: str
    address: Address
    attributes: ObjectAttributes
    authorship: Authorship
    created: datetime


@dataclass(frozen=True)
class StoredPart:
    """A part whose bytes are on the disk."""

    number: int
    blob: Blob
    created: datetime


@dataclass(frozen=True)
class ChosenPart:
    """A part that a client names at the end, by the MD5 it was told, in hexadecimal."""

    number: int
    md5: str


class MultipartUploads:
    """Takes parts, each as durable as an object when it is acknowledged, and makes one object of them."""

    def __init__(self, store: Store, blobs: Blobs, objects: Objects, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._blobs = blobs
        self._objects = objects
        self._clock = clock
        self._ids = ids
        store.create(_SCHEMA)

    def begin(self, address: Address, attributes: ObjectAttributes, authorship: Authorship) -> MultipartUpload:
        upload = MultipartUpload(self._ids.opaque(), address, attributes, authorship, self._clock.now())
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO storage_multipart_uploads VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    upload.id,
                    *_key(address),
                    json.dumps(attributes.to_json()),
                    authorship.owner,
                    None if authorship.acl is None else acls.to_text(authorship.acl),
                    upload.created.isoformat(),
                ),
            )
        return upload

    def get(self, upload_id: str, address: Address) -> MultipartUpload:
        """Raises NoSuchUpload, also for an upload of another object."""
        row = self._store.connection.execute(
            "SELECT * FROM storage_multipart_uploads WHERE id = ? AND bucket = ? AND name = ?",
            (upload_id, *_key(address)),
        ).fetchone()
        if row is None:
            raise refusals.no_upload(upload_id)
        return _upload(row)

    def of_bucket(self, bucket: str, prefix: str) -> list[MultipartUpload]:
        """By name and id."""
        rows = self._store.connection.execute(
            "SELECT * FROM storage_multipart_uploads WHERE bucket = ? AND substr(name, 1, ?) = ? ORDER BY name, id",
            (bucket, len(prefix), prefix),
        )
        return [_upload(row) for row in rows]

    def parts(self, upload: MultipartUpload) -> list[StoredPart]:
        """By number."""
        rows = self._store.connection.execute(
            "SELECT * FROM storage_multipart_parts WHERE upload = ? ORDER BY number", (upload.id,)
        )
        return [_part(row) for row in rows]

    async def take(
        self,
        upload: MultipartUpload,
        number: int,
        checksums: Checksums,
        stream: AsyncIterator[bytes],
        key: CustomerKey = NO_KEY,
    ) -> StoredPart:
        """Store a part, over one of the same number. On any error nothing is stored."""
        writer = self._blobs.create(key.key)
        try:
            async for data in stream:
                await writer.write(data)
            blob = await writer.commit()
            checksums.check(blob)
            return self._keep(upload, StoredPart(number, blob, self._clock.now()))
        except BaseException:
            await writer.discard()
            raise

    async def complete(
        self,
        upload: MultipartUpload,
        chosen: Sequence[ChosenPart],
        preconditions: Preconditions,
        key: CustomerKey = NO_KEY,
    ) -> StoredObject:
        """Make the object of the parts that are named; all others go with the upload.

        `key` is the one each of the parts came with.
        """
        blob = await self._joined([part.blob for part in self._chosen(upload, chosen)], key)
        try:
            with self._objects.writing(
                upload.address, upload.attributes, blob, preconditions, authorship=upload.authorship
            ) as stored:
                self.get(upload.id, upload.address)  # It may have been completed or aborted meanwhile.
                given_up = self._forget(upload)
        except BaseException:
            self._blobs.delete(blob.id)
            raise
        self._delete(given_up)
        return stored

    def abort(self, upload: MultipartUpload) -> None:
        """Forget an upload and its parts."""
        with self._store.transaction():
            given_up = self._forget(upload)
        self._delete(given_up)

    def blob_ids(self) -> set[str]:
        """Every blob that a part owns."""
        return {row["blob"] for row in self._store.connection.execute("SELECT blob FROM storage_multipart_parts")}

    def _keep(self, upload: MultipartUpload, part: StoredPart) -> StoredPart:
        with self._store.transaction() as connection:
            self.get(upload.id, upload.address)
            replaced = [old.blob for old in self.parts(upload) if old.number == part.number]
            blob = part.blob
            connection.execute(
                "INSERT OR REPLACE INTO storage_multipart_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    upload.id,
                    part.number,
                    blob.id,
                    blob.size,
                    blob.crc32c,
                    blob.md5,
                    blob.key_sha256,
                    part.created.isoformat(),
                ),
            )
        self._delete(replaced)
        return part

    def _chosen(self, upload: MultipartUpload, chosen: Sequence[ChosenPart]) -> list[StoredPart]:
        stored = {part.number: part for part in self.parts(upload)}
        for choice in chosen:
            part = stored.get(choice.number)
            if part is None or part.blob.md5.hex() != choice.md5:
                raise refusals.invalid_part(choice.number, f"no part with the ETag '{choice.md5}' was uploaded.")
        for choice in chosen[:-1]:
            if stored[choice.number].blob.size < SMALLEST_PART:
                raise refusals.part_too_small(choice.number, stored[choice.number].blob.size, SMALLEST_PART)
        return [stored[choice.number] for choice in chosen]

    async def _joined(self, parts: Sequence[Blob], key: CustomerKey) -> Blob:
        for part in parts:
            key.check(part.key_sha256)
        if key.key:
            return replace(await self._blobs.rewrite(parts, key.key, key.key), md5=b"")
        return await self._blobs.join(parts)

    def _forget(self, upload: MultipartUpload) -> list[Blob]:
        blobs = [part.blob for part in self.parts(upload)]
        connection = self._store.connection
        connection.execute("DELETE FROM storage_multipart_parts WHERE upload = ?", (upload.id,))
        connection.execute("DELETE FROM storage_multipart_uploads WHERE id = ?", (upload.id,))
        return blobs

    def _delete(self, blobs: Sequence[Blob]) -> None:
        for blob in blobs:
            self._blobs.delete(blob.id)


def _key(address: Address) -> tuple[str, str]:
    return address.bucket, address.name


def _upload(row: sqlite3.Row) -> MultipartUpload:
    return MultipartUpload(
        id=row["id"],
        address=Address(row["bucket"], row["name"]),
        attributes=ObjectAttributes.from_json(Body(json.loads(row["attributes"]))),
        authorship=Authorship(row["owner"], None if row["acl"] is None else acls.from_text(row["acl"])),
        created=datetime.fromisoformat(row["created"]),
    )


def _part(row: sqlite3.Row) -> StoredPart:
    blob = Blob(row["blob"], row["size"], row["crc32c"], row["md5"], row["key_sha256"])
    return StoredPart(row["number"], blob, datetime.fromisoformat(row["created"]))
