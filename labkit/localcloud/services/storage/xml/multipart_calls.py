"""Multipart uploads of the XML API: `POST ?uploads`, `PUT ?partNumber&uploadId` and what belongs to them.

Source: https://cloud.google.com/storage/docs/xml-api/reference-methods
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.rfc3339 import timestamp
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.xml import documents, refusals
from labkit.localcloud.services.storage.xml import headers as xml_headers
from labkit.localcloud.services.storage.xml.call import XmlCall, reply
from labkit.localcloud.services.storage.xml.documents import Node
from labkit.localcloud.services.storage.xml.multipart_uploads import (
    MOST_PARTS,
    ChosenPart,
    MultipartUpload,
    StoredPart,
)

_LARGEST_PAGE = 1000


class XmlMultipartCalls:
    """A method for each kind of request."""

    def __init__(self, storage: Storage) -> None:
        self._uploads = storage.multipart_uploads

    async def begin(self, call: XmlCall) -> Response:
        names.check_object(call.target.name)
        call.caller.require_on_object("storage.multipartUploads.create", call.address)
        attributes = xml_headers.attributes(call.headers)
        upload = self._uploads.begin(call.address, attributes, call.caller.writes(call.address, attributes, call.acl))
        content = [Node("Bucket", call.bucket), Node("Key", call.target.name), Node("UploadId", upload.id)]
        return reply(Node("InitiateMultipartUploadResult", content, documents.UPLOADS))

    async def put_part(self, call: XmlCall) -> Response:
        self._require_create(call)
        number = integer(call.query, "partNumber")
        if number is None or not 1 <= number <= MOST_PARTS:
            raise ApiError.invalid(f"partNumber must be between 1 and {MOST_PARTS}; got {number}.")
        part = await self._uploads.take(
            self._upload(call), number, xml_headers.checksums(call.headers), call.content(), call.key
        )
        digests = xml_headers.part_hash(part.blob.crc32c, part.blob.md5)
        return Response(headers={"etag": xml_headers.part_etag(part.blob.md5), "x-goog-hash": digests})

    async def list_parts(self, call: XmlCall) -> Response:
        call.caller.require_on_object("storage.multipartUploads.listParts", call.address)
        upload = self._upload(call)
        size = min(integer(call.query, "max-parts") or _LARGEST_PAGE, _LARGEST_PAGE)
        marker = integer(call.query, "part-number-marker") or 0
        following = [part for part in self._uploads.parts(upload) if part.number > marker]
        page = following[:size]
        content = [
            Node("Bucket", call.bucket),
            Node("Key", call.target.name),
            Node("UploadId", upload.id),
            Node("StorageClass", upload.attributes.storage_class or "STANDARD"),
            Node("PartNumberMarker", str(marker)),
            Node("NextPartNumberMarker", str(page[-1].number if page else 0)),
            Node("MaxParts", str(size)),
            Node("IsTruncated", "true" if len(following) > size else "false"),
            *map(_part, page),
        ]
        return reply(Node("ListPartsResult", content, documents.UPLOADS))

    async def complete(self, call: XmlCall) -> Response:
        self._require_create(call)
        upload = self._upload(call)
        root = documents.parse(await call.document())
        chosen = [
            ChosenPart(documents.number(part, "PartNumber"), documents.text(part, "ETag").strip('"'))
            for part in documents.children(root, "Part")
        ]
        if not chosen:
            raise refusals.malformed("CompleteMultipartUpload names no <Part>.")
        numbers = [part.number for part in chosen]
        if numbers != sorted(set(numbers)):
            raise refusals.unordered_parts(numbers)
        may_replace = call.caller.permits_on_object("storage.objects.delete", call.address)
        upload = replace(upload, authorship=replace(upload.authorship, may_replace=may_replace))
        stored = await self._uploads.complete(upload, chosen, call.preconditions, call.key)
        content = [
            Node("Location", call.url),
            Node("Bucket", call.bucket),
            Node("Key", call.target.name),
            Node("ETag", xml_headers.xml_etag(stored)),
        ]
        root_node = Node("CompleteMultipartUploadResult", content, documents.UPLOADS)
        return reply(root_node, headers=xml_headers.of_upload(stored))

    async def abort(self, call: XmlCall) -> Response:
        call.caller.require_on_object("storage.multipartUploads.abort", call.address)
        self._uploads.abort(self._upload(call))
        return Response(status_code=204)

    async def list_uploads(self, call: XmlCall) -> Response:
        call.caller.require_on_bucket("storage.multipartUploads.list", call.bucket)
        query = call.query
        size = min(integer(query, "max-uploads") or _LARGEST_PAGE, _LARGEST_PAGE)
        marker = (query.get("key-marker", ""), query.get("upload-id-marker", "") or "~")
        found = self._uploads.of_bucket(call.bucket, query.get("prefix", ""))
        following = [upload for upload in found if (upload.address.name, upload.id) > marker]
        page = following[:size]
        content = [
            Node("Bucket", call.bucket),
            Node("KeyMarker", marker[0]),
            Node("UploadIdMarker", query.get("upload-id-marker", "")),
            Node("NextKeyMarker", page[-1].address.name if page else ""),
            Node("NextUploadIdMarker", page[-1].id if page else ""),
            Node("Prefix", query.get("prefix", "")),
            Node("MaxUploads", str(size)),
            Node("IsTruncated", "true" if len(following) > size else "false"),
            *map(_pending, page),
        ]
        return reply(Node("ListMultipartUploadsResult", content, documents.UPLOADS))

    def _require_create(self, call: XmlCall) -> None:
        for permission in ("storage.multipartUploads.create", "storage.objects.create"):
            call.caller.require_on_object(permission, call.address)

    def _upload(self, call: XmlCall) -> MultipartUpload:
        return self._uploads.get(call.query.get("uploadId", ""), call.address)


def _part(part: StoredPart) -> Node:
    content = [
        Node("PartNumber", str(part.number)),
        Node("LastModified", timestamp(part.created)),
        Node("ETag", xml_headers.part_etag(part.blob.md5)),
        Node("Size", str(part.blob.size)),
    ]
    return Node("Part", content)


def _pending(upload: MultipartUpload) -> Node:
    content = [
        Node("Key", upload.address.name),
        Node("UploadId", upload.id),
        Node("StorageClass", upload.attributes.storage_class or "STANDARD"),
        Node("Initiated", timestamp(upload.created)),
    ]
    return Node("Upload", content)
