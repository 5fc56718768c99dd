"""`storage.objects` of the JSON API, but for insert, which is in `upload_calls`."""

from __future__ import annotations

from starlette.responses import Response

from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.bucket_calls import page_size
from labkit.localcloud.services.storage.byte_ranges import requested
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.downloads import Download
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body, merge_patch
from labkit.localcloud.services.storage.listing import ListQuery, from_token
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import Preconditions, integer
from labkit.localcloud.services.storage.storage import Copy, Storage


class ObjectCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list(self, call: Call) -> Response:
        query = call.query
        listing = self._storage.objects.page(
            call.bucket,
            ListQuery(
                prefix=query.get("prefix", ""),
                delimiter=query.get("delimiter", ""),
                start=max(query.get("startOffset", ""), from_token(query.get("pageToken", ""))),
                end=query.get("endOffset", ""),
                size=page_size(call),
                include_trailing_delimiter=call.flag("includeTrailingDelimiter"),
            ),
        )
        return call.reply(call.representations.object_list(listing))

    async def get(self, call: Call) -> Response:
        if call.query.get("alt") == "media":
            return await self.download(call)
        return call.reply(call.representations.object(self._readable(call)))

    async def download(self, call: Call) -> Response:
        stored = self._readable(call)
        part = requested(call.request.headers.get("range", ""), stored.blob.size)
        return Download(stored, self._storage.path(stored), part)

    async def patch(self, call: Call) -> Response:
        patch = (await call.body()).fields

        def patched(current: ObjectAttributes) -> ObjectAttributes:
            return ObjectAttributes.from_json(Body(merge_patch(current.to_json(), patch)))

        stored = self._storage.objects.change(call.address, patched, call.preconditions, call.generation)
        return call.reply(call.representations.object(stored))

    async def update(self, call: Call) -> Response:
        attributes = ObjectAttributes.from_json(await call.body())
        stored = self._storage.objects.change(call.address, lambda _: attributes, call.preconditions, call.generation)
        return call.reply(call.representations.object(stored))

    async def delete(self, call: Call) -> Response:
        self._storage.objects.delete(call.address, call.preconditions, call.generation)
        return Response(status_code=204)

    async def rewrite(self, call: Call) -> Response:
        return call.reply(call.representations.rewrite(await self._copied(call)))

    async def copy(self, call: Call) -> Response:
        return call.reply(call.representations.object(await self._copied(call)))

    def _readable(self, call: Call) -> StoredObject:
        stored = self._storage.objects.get(call.address, call.generation)
        call.preconditions.check_read(stored)
        return stored

    async def _copied(self, call: Call) -> StoredObject:
        attributes = ObjectAttributes.from_json(await call.body())
        target = Address(call.variables["destinationBucket"], call.variables["destinationObject"])
        names.check_object(target.name)
        return self._storage.copy(
            Copy(
                source=Address(call.variables["sourceBucket"], call.variables["sourceObject"]),
                target=target,
                source_generation=integer(call.query, "sourceGeneration"),
                # Nothing said of the copy means that it takes after its source.
                attributes=None if attributes == ObjectAttributes() else attributes,
                source_preconditions=Preconditions.from_query(call.query, prefix="ifSource"),
                preconditions=call.preconditions,
            )
        )
