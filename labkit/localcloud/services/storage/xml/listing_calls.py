"""The list of a bucket's objects in the XML API, in its first and its second version.

Sources: https://cloud.google.com/storage/docs/xml-api/get-bucket-list
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.entities import State, StoredObject
from labkit.localcloud.services.storage.listing import (
    LARGEST_PAGE,
    Listing,
    ListQuery,
    Position,
    Versions,
    from_token,
    name_after_prefix,
    to_token,
)
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.rfc3339 import timestamp
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.xml import documents
from labkit.localcloud.services.storage.xml.call import XmlCall, reply
from labkit.localcloud.services.storage.xml.documents import Node
from labkit.localcloud.services.storage.xml.headers import xml_etag

_LAST_GENERATION = 2**63 - 1


class XmlListingCalls:
    """One method: the query says which version."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list(self, call: XmlCall) -> Response:
        asked = _Asked(call)
        call.caller.require_on_bucket("storage.objects.list", call.bucket, call.query.get("prefix", ""))
        listing = self._storage.objects.page(call.bucket, asked.query)
        return reply(Node("ListBucketResult", asked.shown(listing), documents.LISTS))


class _Asked:
    """A request for a list."""

    def __init__(self, call: XmlCall) -> None:
        self._call = call
        self._is_second = call.query.get("list-type") == "2"
        self._shows_versions = "versions" in call.query
        self._encodes = call.query.get("encoding-type") == "url"

    @property
    def query(self) -> ListQuery:
        return ListQuery(
            prefix=self._text("prefix"),
            delimiter=self._text("delimiter"),
            start=self._start(),
            size=self._size(),
            versions=Versions.ALL if self._shows_versions else Versions.LIVE,
        )

    def shown(self, listing: Listing) -> list[Node]:
        """The children of a ListBucketResult."""
        return [
            Node("Name", self._call.bucket),
            Node("Prefix", self._encoded(self._text("prefix"))),
            *([Node("Delimiter", self._text("delimiter"))] if self._text("delimiter") else []),
            Node("MaxKeys", str(self._size())),
            *([Node("EncodingType", "url")] if self._encodes else []),
            Node("IsTruncated", "true" if listing.next_start else "false"),
            *(self._second(listing) if self._is_second else self._first(listing)),
            *map(self._item, listing.objects),
            *(Node("CommonPrefixes", [Node("Prefix", self._encoded(prefix))]) for prefix in listing.prefixes),
        ]

    def _first(self, listing: Listing) -> Sequence[Node]:
        nodes = [Node("Marker", self._encoded(self._text("marker")))]
        if listing.next_start is None:
            return nodes
        last = max([*(stored.address.name for stored in listing.objects), *listing.prefixes], default="")
        nodes.append(Node("NextMarker", self._encoded(last)))
        if self._shows_versions and listing.objects:
            nodes.append(Node("NextGenerationMarker", str(listing.objects[-1].generation)))
        return nodes

    def _second(self, listing: Listing) -> Sequence[Node]:
        named = {
            "KeyCount": str(len(listing.objects) + len(listing.prefixes)),
            "StartAfter": self._encoded(self._text("start-after")),
            "ContinuationToken": self._text("continuation-token"),
            "NextContinuationToken": to_token(listing.next_start),
        }
        return [Node(name, value) for name, value in named.items() if value]

    def _item(self, stored: StoredObject) -> Node:
        content = [
            Node("Key", self._encoded(stored.address.name)),
            Node("Generation", str(stored.generation)),
            Node("MetaGeneration", str(stored.metageneration)),
            *([Node("IsLatest", "true" if stored.state is State.LIVE else "false")] if self._shows_versions else []),
            Node("LastModified", timestamp(stored.updated)),
            *([Node("DeletedTime", timestamp(stored.deleted))] if stored.deleted else []),
            Node("ETag", xml_etag(stored)),
            Node("Size", str(stored.blob.size)),
            Node("StorageClass", stored.attributes.storage_class),
        ]
        return Node("Version" if self._shows_versions else "Contents", content)

    def _start(self) -> Position:
        if self._is_second:
            return max(self._after(self._text("start-after"), None), from_token(self._text("continuation-token")))
        return self._after(self._text("marker"), integer(self._call.query, "generation-marker"))

    def _after(self, marker: str, generation: int | None) -> Position:
        """The first place after a marker, which is a name or a folded prefix."""
        if not marker:
            return Position()
        delimiter = self._text("delimiter")
        if delimiter and marker.endswith(delimiter) and marker.startswith(self._text("prefix")):
            return Position(name_after_prefix(marker) or marker)
        return Position(marker, _LAST_GENERATION if generation is None else generation + 1)

    def _size(self) -> int:
        size = integer(self._call.query, "max-keys")
        if size is not None and size < 0:
            raise ApiError.invalid(f"max-keys must not be negative; got {size}.")
        return LARGEST_PAGE if size is None else min(size, LARGEST_PAGE)

    def _text(self, name: str) -> str:
        return self._call.query.get(name, "")

    def _encoded(self, name: str) -> str:
        return quote(name, safe="/") if self._encodes else name
