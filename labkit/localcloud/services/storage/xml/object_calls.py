"""Objects of the XML API: download, upload in one request, copy, compose, delete.

Source: https://cloud.google.com/storage/docs/xml-api/reference-methods
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.composition import Composition
from labkit.localcloud.services.storage.copies import Copy
from labkit.localcloud.services.storage.customer_keys import CustomerKey
from labkit.localcloud.services.storage.downloads import Delivery, Download
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.etag_conditions import check_etag
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.upload_sessions import Upload
from labkit.localcloud.services.storage.xml import documents
from labkit.localcloud.services.storage.xml import headers as xml_headers
from labkit.localcloud.services.storage.xml.call import XmlCall, reply
from labkit.localcloud.services.storage.xml.documents import Node

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SOURCE = "x-goog-copy-source"

# What a URL may set of the reply: https://cloud.google.com/storage/docs/xml-api/reference-headers#responsecontenttype
_OVERRIDES = ("content-type", "content-disposition")


class XmlObjectCalls:
    """A method for each kind of request."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, call: XmlCall) -> Response:
        stored, delivery = self._readable(call)
        opener = self._storage.opener(stored, call.key)
        return Download(stored, delivery, opener, {**xml_headers.of_object(stored, delivery), **_overrides(call)})

    async def head(self, call: XmlCall) -> Response:
        stored, delivery = self._readable(call)
        status = 206 if delivery.part else 200
        headers = xml_headers.of_object(stored, delivery)
        if stored.blob.key_sha256 != call.key.sha256:
            del headers["x-goog-hash"]  # The digests of an encrypted object are for those who have its key.
        return Response(status_code=status, headers=headers)

    async def put(self, call: XmlCall) -> Response:
        names.check_object(call.target.name)
        if _SOURCE in call.headers:
            return await self._copy(call)
        stored = await self._storage.uploads.store(upload_of(call), call.content())
        return Response(headers=xml_headers.of_upload(stored))

    async def compose(self, call: XmlCall) -> Response:
        names.check_object(call.target.name)
        components = documents.children(documents.parse(await call.document()), "Component")
        request = {
            "sourceObjects": [_component(component) for component in components],
            "destination": xml_headers.attributes(call.headers).to_json(),
        }
        for component in components:
            source = Address(call.bucket, documents.text(component, "Name"))
            call.caller.require_on_object("storage.objects.get", source)
        composition = Composition.from_json(call.address, Body(request), call.preconditions)
        authorship = call.caller.writes(call.address, composition.attributes, call.acl)
        stored = await self._storage.compose(replace(composition, authorship=authorship, key=call.key))
        return Response(headers=xml_headers.of_upload(stored))

    async def delete(self, call: XmlCall) -> Response:
        call.caller.require_on_object("storage.objects.delete", call.address, call.generation)
        self._storage.objects.delete(call.address, call.preconditions, call.generation)
        return Response(status_code=204)

    def _readable(self, call: XmlCall) -> tuple[StoredObject, Delivery]:
        call.caller.require_on_object("storage.objects.get", call.address, call.generation)
        stored = self._storage.objects.get(call.address, call.generation)
        call.preconditions.check_read(stored)
        check_etag(call.headers, xml_headers.xml_etag(stored).strip('"'))
        return stored, Delivery.of(stored, call.headers)

    async def _copy(self, call: XmlCall) -> Response:
        source = _source(call.headers[_SOURCE])
        generation = integer(call.headers, "x-goog-copy-source-generation")
        call.caller.require_on_object("storage.objects.get", source, generation)
        replaces = call.headers.get("x-goog-metadata-directive", "COPY").upper() == "REPLACE"
        attributes = xml_headers.attributes(call.headers) if replaces else None
        stored = await self._storage.copy(
            Copy(
                source=source,
                target=call.address,
                source_generation=generation,
                attributes=attributes,
                source_preconditions=xml_headers.preconditions(call.headers, "x-goog-copy-source-"),
                preconditions=call.preconditions,
                authorship=call.caller.writes(call.address, attributes, call.acl),
                source_key=CustomerKey.of_source(call.headers),
                key=call.key,
            )
        )
        root = Node(
            "CopyObjectResult",
            [Node("LastModified", stored.updated.isoformat()), Node("ETag", xml_headers.xml_etag(stored))],
        )
        return reply(root, headers=xml_headers.of_upload(stored))


def upload_of(call: XmlCall) -> Upload:
    """What a request asks to be stored. Raises PERMISSION_DENIED where its caller may not."""
    attributes = xml_headers.attributes(call.headers)
    return Upload(
        call.address,
        attributes,
        xml_headers.checksums(call.headers),
        call.preconditions,
        call.caller.writes(call.address, attributes, call.acl),
        call.key,
    )


def _overrides(call: XmlCall) -> dict[str, str]:
    asked = {name: call.query.get(f"response-{name}", "") for name in _OVERRIDES}
    return {name: value for name, value in asked.items() if value}


def _source(header: str) -> Address:
    bucket, _, name = unquote(header).removeprefix("/").partition("/")
    if not bucket or not name:
        raise ApiError.invalid(f"The header {_SOURCE} must be /BUCKET/OBJECT; got '{header}'.")
    return Address(bucket, name)


def _component(element: Element) -> dict[str, Any]:
    """As the JSON API writes it."""
    condition = {"ifGenerationMatch": documents.text(element, "IfGenerationMatch") or None}
    return {
        "name": documents.text(element, "Name"),
        "generation": documents.text(element, "Generation") or None,
        "objectPreconditions": condition,
    }
