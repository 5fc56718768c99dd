"""`storage.buckets` of the JSON API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names, refusals
from labkit.localcloud.services.storage.bucket_access import BucketAccess
from labkit.localcloud.services.storage.bucket_table import BucketQuery
from labkit.localcloud.services.storage.buckets import Change
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.etag_conditions import check_etag
from labkit.localcloud.services.storage.json_body import Body, merge_patch
from labkit.localcloud.services.storage.listing import LARGEST_PAGE, from_token
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.representations import etag
from labkit.localcloud.services.storage.storage import Storage


class BucketCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage, access: BucketAccess) -> None:
        self._storage = storage
        self._access = access

    async def insert(self, call: Call) -> Response:
        body = await call.body()
        project = self._project(call)
        name = body.text("name")
        if not name:
            raise refusals.required("name")
        names.check_bucket(name)
        configuration = BucketConfiguration.from_json(body)
        lists = self._access.lists(call, body, project.number)
        self._access.check_new(configuration, lists, project.id)
        with self._storage.objects.transaction():
            bucket = self._storage.buckets.insert(
                name,
                project.number,
                configuration,
                has_object_retention=call.flag("enableObjectRetention"),
                acl=lists.acl,
                default_object_acl=lists.default_object_acl,
            )
            if bucket.has_object_retention:
                # Of the bucket as it will be: a legacy bucket owner has it.
                call.caller.require_on_bucket("storage.buckets.enableObjectRetention", name)
            call.caller.check_public_access(bucket, is_public=lists.is_public)
        return call.reply(call.representations.bucket(bucket))

    async def list(self, call: Call) -> Response:
        size = page_size(call)
        found = self._storage.buckets.page(
            BucketQuery(
                self._project(call).number,
                prefix=call.query.get("prefix", ""),
                start=from_token(call.query.get("pageToken", "")).name,
                size=size + 1,
                soft_deleted=call.flag("softDeleted"),
            )
        )
        next_start = found[size].name if len(found) > size else ""
        return call.reply(call.representations.bucket_list(found[:size], next_start))

    async def get(self, call: Call) -> Response:
        if call.flag("softDeleted"):
            bucket = self._storage.buckets.get_soft_deleted(call.bucket, call.generation)
            call.caller.require_on_soft_deleted("storage.buckets.get", bucket)
        else:
            call.caller.require_on_bucket("storage.buckets.get", call.bucket)
            bucket = self._storage.buckets.get(call.bucket)
        call.preconditions.check_read(bucket)
        check_etag(call.request.headers, etag(bucket.metageneration))
        return call.reply(call.representations.bucket(bucket))

    async def get_storage_layout(self, call: Call) -> Response:
        return call.reply(call.representations.storage_layout(self._storage.buckets.get(call.bucket)))

    async def patch(self, call: Call) -> Response:
        body = await call.body()

        def patched(current: BucketConfiguration) -> BucketConfiguration:
            return _relocated_nowhere(current, Body(merge_patch(current.to_json(), body.fields)))

        return self._changed(call, body, patched)

    async def update(self, call: Call) -> Response:
        body = await call.body()

        def updated(current: BucketConfiguration) -> BucketConfiguration:
            return _relocated_nowhere(current, Body({**_placement(current), **body.fields}))

        return self._changed(call, body, updated)

    async def lock_retention_policy(self, call: Call) -> Response:
        if call.preconditions.metageneration_match is None:
            raise refusals.required("ifMetagenerationMatch")
        bucket = self._storage.buckets.lock_retention_policy(call.bucket, call.preconditions)
        return call.reply(call.representations.bucket(bucket))

    async def restore(self, call: Call) -> Response:
        deleted = self._storage.buckets.get_soft_deleted(call.bucket, call.generation)
        call.caller.require_on_soft_deleted("storage.buckets.restore", deleted)
        bucket = self._storage.restore_bucket(call.bucket, call.generation)
        return call.reply(call.representations.bucket(bucket))

    async def delete(self, call: Call) -> Response:
        self._storage.delete_bucket(call.bucket, call.preconditions)
        return Response(status_code=204)

    def _changed(self, call: Call, body: Body, change: Change) -> Response:
        self._access.require(call, body)
        with self._storage.objects.transaction():
            before = self._storage.buckets.get(call.bucket)
            lists = self._access.lists(call, body, before.project_number)
            bucket = self._storage.buckets.change(
                call.bucket, change, call.preconditions, default_object_acl=lists.default_object_acl
            )
            self._access.check_change(call, before, bucket, lists)
            if lists.acl is not None:
                self._storage.policies.set_acl(bucket, lists.acl)
        return call.reply(call.representations.bucket(bucket))

    def _project(self, call: Call) -> Project:
        named = call.query.get("project", "")
        if not named:
            raise refusals.required("project")
        project = self._storage.projects.find(named)
        if project is None:
            raise refusals.unknown_project(named)
        return project


def page_size(call: Call) -> int:
    """`maxResults`, which is at most 1000; 0 and nothing mean that too. Raises INVALID_ARGUMENT below 0."""
    size = integer(call.query, "maxResults") or LARGEST_PAGE
    if size < 0:
        raise ApiError.invalid(f"Invalid value '{size}' for parameter 'maxResults': it is negative.")
    return min(size, LARGEST_PAGE)


def _placement(configuration: BucketConfiguration) -> dict[str, Any]:
    """What a full update may leave out, since it cannot change."""
    written = configuration.to_json()
    return {name: written[name] for name in ("location", "customPlacementConfig") if name in written}


def _relocated_nowhere(current: BucketConfiguration, body: Body) -> BucketConfiguration:
    configuration = BucketConfiguration.from_json(body)
    if configuration.location != current.location:
        raise ApiError.invalid(
            f"A bucket cannot be moved from {current.location.name} to {configuration.location.name}. "
            "Create another bucket and copy the objects."
        )
    return configuration
