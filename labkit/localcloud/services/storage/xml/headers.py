"""What the headers of the XML API say of an object, in both directions.

Source: https://cloud.google.com/storage/docs/xml-api/reference-headers
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.downloads import Delivery, object_headers
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.preconditions import Preconditions, integer
from labkit.localcloud.services.storage.representations import etag

_CUSTOM = "x-goog-meta-"
_AMAZON = "x-amz-"

_NAMES = {
    "cacheControl": "cache-control",
    "contentDisposition": "content-disposition",
    "contentEncoding": "content-encoding",
    "contentLanguage": "content-language",
    "contentType": "content-type",
    "customTime": "x-goog-custom-time",
    "storageClass": "x-goog-storage-class",
}


def normalized(headers: Mapping[str, str]) -> dict[str, str]:
    """With Amazon's names turned into Google's: clients of S3 work on Cloud Storage with HMAC keys.

    Source: https://cloud.google.com/storage/docs/migrating
    """
    named = {name.lower(): value for name, value in headers.items()}
    amazon = {name: value for name, value in named.items() if name.startswith(_AMAZON)}
    return {**{f"x-goog-{name.removeprefix(_AMAZON)}": value for name, value in amazon.items()}, **named}


def attributes(headers: Mapping[str, str]) -> ObjectAttributes:
    """What an upload says of the object to be. Raises INVALID_ARGUMENT."""
    custom = {name.removeprefix(_CUSTOM): _utf8(value) for name, value in headers.items() if name.startswith(_CUSTOM)}
    named = {field: headers[name] for field, name in _NAMES.items() if headers.get(name)}
    return ObjectAttributes.from_json(Body({**named, "metadata": custom}))


def predefined_acl(headers: Mapping[str, str]) -> str:
    """The list named by `x-goog-acl`, as the JSON API calls it: "publicRead" for "public-read"."""
    first, *others = headers.get("x-goog-acl", "").split("-")
    return first + "".join(map(str.capitalize, others))


def checksums(headers: Mapping[str, str]) -> Checksums:
    """Those of `x-goog-hash` and `Content-MD5`. Raises INVALID_ARGUMENT for what is no digest."""
    return Checksums.from_header(f"md5={headers.get('content-md5', '')},{headers.get('x-goog-hash', '')}")


def preconditions(headers: Mapping[str, str], prefix: str = "x-goog-") -> Preconditions:
    """Of the target; with the prefix "x-goog-copy-source-", of a copy's source."""
    return Preconditions(
        generation_match=integer(headers, f"{prefix}if-generation-match"),
        metageneration_match=integer(headers, f"{prefix}if-metageneration-match"),
    )


def xml_etag(stored: StoredObject) -> str:
    """The MD5 in hexadecimal where there is one to be told, as clients of S3 expect; quoted."""
    digest = "" if stored.blob.key_sha256 else stored.blob.md5.hex()
    return f'"{digest or etag(stored.generation, stored.metageneration)}"'


def of_object(stored: StoredObject, delivery: Delivery) -> dict[str, str]:
    """Of a reply that gives an object."""
    return {
        **object_headers(stored, delivery),
        **{f"{_CUSTOM}{name}": _latin1(value) for name, value in stored.attributes.custom.items()},
        "cache-control": stored.attributes.cache_control or "private, max-age=0",
        "etag": xml_etag(stored),
    }


def of_upload(stored: StoredObject) -> dict[str, str]:
    """Of a reply that says what was stored."""
    given = object_headers(stored, Delivery(None, unpacks=False))
    return {**{name: value for name, value in given.items() if name.startswith("x-goog-")}, "etag": xml_etag(stored)}


def part_etag(md5: bytes) -> str:
    """Of a part of a multipart upload, which the client names it by at the end."""
    return f'"{md5.hex()}"'


def part_hash(crc32c: bytes, md5: bytes) -> str:
    """`x-goog-hash` of a part of a multipart upload."""
    return Checksums(base64.b64encode(crc32c).decode(), base64.b64encode(md5).decode()).to_header()


def _utf8(value: str) -> str:
    # HTTP gives bytes, which Starlette reads as Latin-1.
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _latin1(value: str) -> str:
    return value.encode().decode("latin-1")
