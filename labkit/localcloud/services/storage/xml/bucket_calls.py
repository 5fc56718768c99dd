"""Buckets of the XML API, and the list of them.

Source: https://cloud.google.com/storage/docs/xml-api/reference-methods
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from labkit.localcloud.core.projects import Project
from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.bucket_table import BucketQuery
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.rfc3339 import timestamp
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.xml import documents
from labkit.localcloud.services.storage.xml.call import XmlCall, reply
from labkit.localcloud.services.storage.xml.documents import Node

_EVERY = 1_000_000


class XmlBucketCalls:
    """A method for each kind of request."""

    def __init__(self, storage: Storage, public_access: PublicAccess) -> None:
        self._storage = storage
        self._public_access = public_access

    async def list(self, call: XmlCall) -> Response:
        project = self._project(call, "storage.buckets.list")
        found = self._storage.buckets.page(BucketQuery(project.number, size=_EVERY))
        buckets = [
            Node("Bucket", [Node("Name", bucket.name), Node("CreationDate", timestamp(bucket.created))])
            for bucket in found
        ]
        owner = Node("Owner", [Node("ID", project.number)])
        return reply(Node("ListAllMyBucketsResult", [owner, Node("Buckets", buckets)], documents.LISTS))

    async def create(self, call: XmlCall) -> Response:
        project = self._project(call, "storage.buckets.create")
        names.check_bucket(call.bucket)
        data = await call.document()
        asked = {"storageClass": call.headers.get("x-goog-storage-class")}
        if data:
            root = documents.parse(data)
            asked["location"] = documents.text(root, "LocationConstraint") or None
            asked["storageClass"] = documents.text(root, "StorageClass") or asked["storageClass"]
        configuration = BucketConfiguration.from_json(Body(asked))
        self._public_access.check_new_bucket(configuration, project.id)
        acl = call.acl.for_bucket(project.number, self._storage.entities)
        self._storage.buckets.insert(call.bucket, project.number, configuration, acl=acl)
        return Response(headers={"location": f"/{call.bucket}"})

    async def head(self, call: XmlCall) -> Response:
        call.caller.require_on_bucket("storage.buckets.get", call.bucket)
        bucket = self._storage.buckets.get(call.bucket)
        return Response(
            headers={
                "x-goog-metageneration": str(bucket.metageneration),
                "x-goog-project-id": bucket.project_number,
                "x-goog-storage-class": bucket.configuration.storage_class,
                "x-goog-bucket-location": bucket.configuration.location.name,
            }
        )

    async def delete(self, call: XmlCall) -> Response:
        call.caller.require_on_bucket("storage.buckets.delete", call.bucket)
        self._storage.delete_bucket(call.bucket, call.preconditions)
        return Response(status_code=204)

    async def get_location(self, call: XmlCall) -> Response:
        return self._setting(call, lambda bucket: Node("LocationConstraint", bucket.configuration.location.name))

    async def get_storage_class(self, call: XmlCall) -> Response:
        return self._setting(call, lambda bucket: Node("StorageClass", bucket.configuration.storage_class))

    async def get_versioning(self, call: XmlCall) -> Response:
        def versioning(bucket: Bucket) -> Node:
            status = Node("Status", "Enabled" if bucket.configuration.versioning else "Suspended")
            return Node("VersioningConfiguration", [status])

        return self._setting(call, versioning)

    async def put_versioning(self, call: XmlCall) -> Response:
        call.caller.require_on_bucket("storage.buckets.update", call.bucket)
        enabled = documents.text(documents.parse(await call.document()), "Status") == "Enabled"
        self._storage.buckets.change(
            call.bucket, lambda configuration: replace(configuration, versioning=enabled), call.preconditions
        )
        return Response()

    def _setting(self, call: XmlCall, shown: Callable[[Bucket], Node]) -> Response:
        call.caller.require_on_bucket("storage.buckets.get", call.bucket)
        return reply(shown(self._storage.buckets.get(call.bucket)))

    def _project(self, call: XmlCall, permission: str) -> Project:
        """The one a header names, or the default: https://cloud.google.com/storage/docs/projects#default-project."""
        named = call.headers.get("x-goog-project-id", "")
        return call.caller.require_on_project(permission, named or self._storage.projects.default.id)
