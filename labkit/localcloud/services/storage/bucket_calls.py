"""`storage.buckets` of the JSON API."""

from __future__ import annotations

from starlette.responses import Response

from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names, refusals
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.json_body import Body, merge_patch
from labkit.localcloud.services.storage.listing import LARGEST_PAGE, from_token
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.storage import Storage


class BucketCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def insert(self, call: Call) -> Response:
        body = await call.body()
        project = self._project(call)
        name = body.text("name")
        if not name:
            raise refusals.required("name")
        names.check_bucket(name)
        bucket = self._storage.buckets.insert(name, project.number, BucketConfiguration.from_json(body))
        return call.reply(call.representations.bucket(bucket))

    async def list(self, call: Call) -> Response:
        size = page_size(call)
        found = self._storage.buckets.page(
            self._project(call).number,
            prefix=call.query.get("prefix", ""),
            start=from_token(call.query.get("pageToken", "")),
            size=size + 1,
        )
        next_start = found[size].name if len(found) > size else ""
        return call.reply(call.representations.bucket_list(found[:size], next_start))

    async def get(self, call: Call) -> Response:
        bucket = self._storage.buckets.get(call.bucket)
        call.preconditions.check_read(bucket)
        return call.reply(call.representations.bucket(bucket))

    async def get_storage_layout(self, call: Call) -> Response:
        return call.reply(call.representations.storage_layout(self._storage.buckets.get(call.bucket)))

    async def patch(self, call: Call) -> Response:
        patch = (await call.body()).fields

        def patched(current: BucketConfiguration) -> BucketConfiguration:
            return _relocated_nowhere(current, Body(merge_patch(current.to_json(), patch)))

        bucket = self._storage.buckets.change(call.bucket, patched, call.preconditions)
        return call.reply(call.representations.bucket(bucket))

    async def update(self, call: Call) -> Response:
        body = await call.body()

        def updated(current: BucketConfiguration) -> BucketConfiguration:
            return _relocated_nowhere(current, Body({"location": current.location.name, **body.fields}))

        bucket = self._storage.buckets.change(call.bucket, updated, call.preconditions)
        return call.reply(call.representations.bucket(bucket))

    async def delete(self, call: Call) -> Response:
        self._storage.delete_bucket(call.bucket, call.preconditions)
        return Response(status_code=204)

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


def _relocated_nowhere(current: BucketConfiguration, body: Body) -> BucketConfiguration:
    configuration = BucketConfiguration.from_json(body)
    if configuration.location != current.location:
        raise ApiError.invalid(
            f"A bucket cannot be moved from {current.location.name} to {configuration.location.name}. "
            "Create another bucket and copy the objects."
        )
    return configuration
