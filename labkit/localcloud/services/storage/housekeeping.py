"""What Cloud Storage does by itself as time passes: lifecycle rules, and the end of what was soft-deleted.

Google's own takes up to a day. Here it runs every few minutes, by the clock that is passed in.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.bucket_table import key_of
from labkit.localcloud.services.storage.buckets import Buckets, is_over
from labkit.localcloud.services.storage.entities import Bucket, State, StoredObject
from labkit.localcloud.services.storage.lifecycle import Verdict, aborts, decide
from labkit.localcloud.services.storage.listing import Listing, ListQuery, Versions
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.protection import may_lose
from labkit.localcloud.services.storage.xml.multipart_uploads import MultipartUploads

_log = logging.getLogger(__name__)

_PERIOD = 600  # seconds


class Housekeeping:
    """Sweeps page by page, so that calls are answered in between."""

    def __init__(self, clock: Clock, buckets: Buckets, objects: Objects, multipart_uploads: MultipartUploads) -> None:
        self._clock = clock
        self._buckets = buckets
        self._objects = objects
        self._multipart_uploads = multipart_uploads

    async def run(self) -> None:
        """Sweep now and then, until cancelled. A sweep that fails, as on a full disk, is made up for by the next."""
        while True:
            try:
                await self.sweep()
            except (OSError, sqlite3.Error) as error:
                _log.warning("Cloud Storage could not be swept, and will be in %d seconds: %s", _PERIOD, error)
            await asyncio.sleep(_PERIOD)

    async def sweep(self) -> None:
        """Do all that is due at this time."""
        for bucket in list(self._buckets.all()):
            if is_over(bucket, self._clock.now()):
                self._objects.purge_bucket(key_of(bucket))
                self._buckets.remove(bucket)
            elif bucket.configuration.lifecycle and not bucket.soft_deleted:
                self._abort_uploads(bucket)
                await self._apply_rules(bucket.name)
        while self._objects.purge_expired():  # noqa: ASYNC110 - it waits for nothing, it lets others go first
            await asyncio.sleep(0)

    def _abort_uploads(self, bucket: Bucket) -> None:
        for upload in self._multipart_uploads.of_bucket(bucket.name, prefix=""):
            if aborts(bucket.configuration.lifecycle, upload.address.name, upload.created, self._clock.now()):
                self._multipart_uploads.abort(upload)

    async def _apply_rules(self, name: str) -> None:
        query = ListQuery(versions=Versions.ALL)
        pending: list[StoredObject] = []
        while bucket := self._buckets.find(name):
            page = self._objects.page(name, query)
            found = [*pending, *page.objects]
            pending = _unfinished(found, page)
            self._act(bucket, found[: len(found) - len(pending)])
            if page.next_start is None:
                return
            query = replace(query, start=page.next_start)
            await asyncio.sleep(0)

    def _act(self, bucket: Bucket, found: Sequence[StoredObject]) -> None:
        """On all versions of some names."""
        with self._objects.transaction():
            for _, versions in groupby(found, key=lambda version: version.address):
                newest_first = reversed(list(versions))
                for newer, version in enumerate(newest_first):
                    verdict = decide(bucket.configuration.lifecycle, version, newer, self._clock.now())
                    if verdict:
                        self._carry_out(verdict, version, bucket)

    def _carry_out(self, verdict: Verdict, version: StoredObject, bucket: Bucket) -> None:
        # It may be gone, or no longer live, since the page before this one was read.
        current = self._objects.find(version.address, version.generation)
        if current is None or current.state is not version.state:
            return
        if verdict.storage_class:
            self._set_storage_class(current, verdict.storage_class)
            return
        is_live = current.state is State.LIVE
        archived = is_live and bool(bucket.configuration.versioning)
        if may_lose(current, self._clock.now(), archived=archived):
            self._objects.delete(current.address, generation=None if is_live else current.generation)

    def _set_storage_class(self, version: StoredObject, name: str) -> None:
        def changed(attributes: ObjectAttributes) -> ObjectAttributes:
            return replace(attributes, storage_class=name)

        self._objects.change(version.address, changed, generation=version.generation)


def _unfinished(found: Sequence[StoredObject], page: Listing) -> list[StoredObject]:
    """The versions at the end of a page whose name goes on over the next one."""
    if page.next_start is None:
        return []
    return [version for version in found if version.address.name == page.next_start.name]
