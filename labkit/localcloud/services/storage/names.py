"""Names of buckets and objects: what may be one, and `gs://` addresses.

Sources: https://cloud.google.com/storage/docs/buckets#naming, https://cloud.google.com/storage/docs/objects#naming
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals

_BUCKET = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")
_FORBIDDEN_IN_BUCKET = re.compile(r"^goog|g[o0]{2}gle")
_DOTTED_BUCKET = re.compile(r"(?=.{3,222}$)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)+")
_DOTTED_DECIMAL = re.compile(r"\d+\.\d+\.\d+\.\d+")
_LONGEST_OBJECT = 1024  # bytes of UTF-8
_ACME = ".well-known/acme-challenge/"


@dataclass(frozen=True)
class Address:
    """Where an object is: `gs://bucket/name`."""

    bucket: str
    name: str

    @classmethod
    def parse(cls, uri: str) -> Address:
        """The address in `gs://bucket/name`; the name may be empty or a prefix. Raises INVALID_ARGUMENT."""
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        if not uri.startswith("gs://") or not bucket:
            raise ApiError.invalid(f"{uri!r} is not a Cloud Storage address. Write gs://BUCKET/PATH.")
        return cls(bucket, name)

    def __str__(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


def check_bucket(name: str) -> None:
    """Raises INVALID_ARGUMENT, or PERMISSION_DENIED for a domain's name, which only its verified owner may take."""
    if _DOTTED_BUCKET.fullmatch(name) and not _DOTTED_DECIMAL.fullmatch(name):
        raise ApiError(
            Code.PERMISSION_DENIED,
            "The bucket you tried to create requires domain ownership verification. Please see "
            "https://cloud.google.com/storage/docs/naming?hl=en#verification for more details.",
        )
    if not _BUCKET.fullmatch(name) or _FORBIDDEN_IN_BUCKET.search(name):
        raise refusals.invalid_bucket_name(name)


def check_object(name: str) -> None:
    """Raises INVALID_ARGUMENT for a name no object may have."""
    if not name:
        raise refusals.required("name")
    if any(ord(character) in (0x0A, 0x0D) or 0xD800 <= ord(character) <= 0xDFFF for character in name):
        raise ApiError.invalid(f"Disallowed unicode characters present in object name {name!r}")
    length = len(name.encode())
    if length > _LONGEST_OBJECT:
        raise ApiError.invalid(
            f"The maximum object length is {_LONGEST_OBJECT} characters, but got a name with {length} characters: "
            f"'{name[:_LONGEST_OBJECT]}...'"
        )
    if name in (".", "..") or name.startswith(_ACME):
        raise ApiError.invalid(f"Invalid object name: '{name}'")
