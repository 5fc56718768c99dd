"""Signed URLs of the second version, which older programs still make.

Source: https://cloud.google.com/storage/docs/access-control/signed-urls-v2
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlencode

from labkit.localcloud.services.storage.v4_signature import Pairs, SignedRequest
from labkit.localcloud.services.storage.xml import refusals

# https://cloud.google.com/storage/docs/access-control/signed-urls-v2#about-canonical-extension-headers
_NEVER_SIGNED = frozenset({"x-goog-encryption-key", "x-goog-encryption-key-sha256"})

# Parameters that do not say what a URL is for: all others are part of the resource.
_NOT_OF_THE_RESOURCE = frozenset(
    {
        "expires",
        "generation",
        "googleaccessid",
        "response-content-disposition",
        "response-content-type",
        "signature",
        "userproject",
    }
)


@dataclass(frozen=True)
class V2Signature:
    """A signature as a URL bears it; `signer` is a service account's e-mail address."""

    signer: str
    expires: str
    signature: bytes

    @property
    def expiry(self) -> datetime:
        return datetime.fromtimestamp(int(self.expires), timezone.utc)

    def string_to_sign(self, request: SignedRequest, resource: str) -> str:
        """`resource` is "/bucket/object", percent-encoded as it came."""
        headers = request.headers
        lines = [
            request.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            self.expires,
            *_extension_headers(headers),
            resource + _subresource(request.query),
        ]
        return "\n".join(lines)


def from_query(query: Pairs) -> V2Signature | None:
    """The signature in a URL, None where there is none. Raises MalformedSecurityHeader."""
    named = dict(query)
    if not {"GoogleAccessId", "Expires", "Signature"} <= named.keys():
        return None
    if not named["Expires"].isdecimal() or len(named["Expires"]) > 11:
        raise refusals.malformed_security_header("Expires", f"'{named['Expires']}' is no time in seconds since 1970.")
    try:
        signature = base64.b64decode(named["Signature"], validate=True)
    except binascii.Error:
        raise refusals.malformed_security_header("signature", "Signature was not base64 encoded") from None
    return V2Signature(named["GoogleAccessId"], named["Expires"], signature)


def _extension_headers(headers: Mapping[str, str]) -> list[str]:
    # Amazon's names are Google's by another spelling: what is added under one of them must not go unsigned.
    named = (name for name in headers if name.startswith(("x-goog-", "x-amz-")))
    extensions = sorted(name for name in named if name not in _NEVER_SIGNED)
    return [f"{name}:{' '.join(headers[name].split())}" for name in extensions]


def _subresource(query: Pairs) -> str:
    """The client library signs all parameters it is given, by name in lower case."""
    pairs = sorted((name.lower(), value.strip()) for name, value in query if name.lower() not in _NOT_OF_THE_RESOURCE)
    return f"?{urlencode(pairs)}" if pairs else ""
