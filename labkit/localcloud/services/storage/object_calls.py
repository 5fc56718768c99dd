"""`storage.objects` of the JSON API; insert is in `upload_calls`, what copies in `copy_calls`."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.acls import Acl
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.bucket_calls import page_size
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.contexts import ContextFilter
from labkit.localcloud.services.storage.downloads import Delivery, Download
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.etag_conditions import check_etag
from labkit.localcloud.services.storage.json_body import Body, merge_patch
from labkit.localcloud.services.storage.listing import ListQuery, Position, Versions, from_token
from labkit.localcloud.services.storage.objects import Change
from labkit.localcloud.services.storage.representations import etag
from labkit.localcloud.services.storage.storage import Storage


class ObjectCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list(self, call: Call) -> Response:
        query = call.query
        start = max(Position(query.get("startOffset", "")), from_token(query.get("pageToken", "")))
        listing = self._storage.objects.page(
            call.bucket,
            ListQuery(
                prefix=query.get("prefix", ""),
                delimiter=query.get("delimiter", ""),
                start=start,
                end=query.get("endOffset", ""),
                size=page_size(call),
                include_trailing_delimiter=call.flag("includeTrailingDelimiter"),
                versions=_versions(call),
                glob=query.get("matchGlob", ""),
                filter=ContextFilter.parse(query["filter"]) if query.get("filter") else None,
            ),
        )
        representations = call.representations
        if call.selection:
            return call.reply(representations.object_list(listing))
        return Response(representations.object_list_text(listing), media_type="application/json")

    async def get(self, call: Call) -> Response:
        if call.query.get("alt") == "media":
            return await self.download(call)
        stored = self._readable(call)
        if call.key.key:
            call.key.check(stored.blob.key_sha256)
        return call.reply(call.representations.object(stored))

    async def download(self, call: Call) -> Response:
        stored = self._readable(call)
        return Download(
            stored,
            Delivery.of(stored, call.request.headers),
            self._storage.opener(stored, call.key),
            # Where an object says nothing of it, a browser is to keep it and not to show it.
            {"content-disposition": stored.attributes.content_disposition or "attachment"},
        )

    async def patch(self, call: Call) -> Response:
        body = await call.body()

        def patched(current: ObjectAttributes) -> ObjectAttributes:
            return ObjectAttributes.from_json(Body(merge_patch(current.json, body.fields)))

        return self._changed(call, body, patched)

    async def update(self, call: Call) -> Response:
        body = await call.body()
        attributes = ObjectAttributes.from_json(body)
        return self._changed(call, body, lambda _: attributes)

    async def delete(self, call: Call) -> Response:
        self._storage.objects.delete(call.address, call.preconditions, call.generation)
        return Response(status_code=204)

    async def restore(self, call: Call) -> Response:
        authorship = call.caller.writes(call.address)
        if call.flag("copySourceAcl"):
            source = self._storage.objects.get_soft_deleted(call.address, call.generation)
            call.caller.require_change_of_acl(source)
            authorship = replace(authorship, acl=source.acl)
        stored = self._storage.objects.restore(call.address, call.generation, call.preconditions, authorship=authorship)
        return call.reply(call.representations.object(stored))

    def _readable(self, call: Call) -> StoredObject:
        if call.flag("softDeleted"):
            stored = self._storage.objects.get_soft_deleted(call.address, call.generation)
        else:
            stored = self._storage.objects.get(call.address, call.generation)
        call.preconditions.check_read(stored)
        check_etag(call.request.headers, etag(stored.generation, stored.metageneration))
        return stored

    def _changed(self, call: Call, body: Body, change: Change) -> Response:
        overrides = call.flag("overrideUnlockedRetention")
        if body.fields.get("retention"):
            call.caller.require_on_object("storage.objects.setRetention", call.address, call.generation)
        if overrides:
            call.caller.require_on_object("storage.objects.overrideUnlockedRetention", call.address, call.generation)

        def allowed(before: ObjectAttributes) -> ObjectAttributes:
            after = change(before)
            call.caller.require_change_of_contexts(call.address, before, after)
            return after

        with self._storage.objects.transaction():
            stored = self._storage.objects.change(
                call.address,
                allowed,
                call.preconditions,
                call.generation,
                override_unlocked_retention=overrides,
                acl=self._acl(call, body),
            )
        return call.reply(call.representations.object(stored))

    def _acl(self, call: Call, body: Body) -> Acl | None:
        request = call.acl_request(body)
        if not request.is_made:
            return None
        return call.caller.new_acl(self._storage.objects.get(call.address, call.generation), request)


def _versions(call: Call) -> Versions:
    if call.flag("softDeleted"):
        if call.flag("versions"):
            raise ApiError.invalid("softDeleted and versions cannot both be true.")
        return Versions.SOFT_DELETED
    return Versions.ALL if call.flag("versions") else Versions.LIVE
