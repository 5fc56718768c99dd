"""Signatures of the fourth version, in a URL or in the Authorization header: read, and what was to be signed.

Nothing here knows a key. Sources: https://cloud.google.com/storage/docs/authentication/canonical-requests and
https://cloud.google.com/storage/docs/authentication/signatures
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.xml import refusals

RSA = "GOOG4-RSA-SHA256"
GOOGLE_HMAC = "GOOG4-HMAC-SHA256"
AMAZON_HMAC = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_LONGEST_LIFETIME = timedelta(days=7)
_DATE = "%Y%m%dT%H%M%SZ"
_SAFE = "-_.~"
_HEADER = re.compile(
    r"(?P<algorithm>\S+)\s+Credential=(?P<credential>[^,]+),\s*SignedHeaders=(?P<headers>[^,]+),\s*"
    r"Signature=(?P<signature>[0-9A-Fa-f]+)"
)

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Dialect:
    """What Google's and Amazon's signatures are called by, and the words a key and a scope begin and end with."""

    prefix: str
    service: str
    terminator: str
    key_prefix: str


GOOGLE = Dialect("x-goog-", "storage", "goog4_request", "GOOG4")
AMAZON = Dialect("x-amz-", "s3", "aws4_request", "AWS4")

_DIALECTS = {RSA: GOOGLE, GOOGLE_HMAC: GOOGLE, AMAZON_HMAC: AMAZON}


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that a signature can cover. `path` is as it came; `query` is decoded; names of headers
    are in lower case."""

    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]


@dataclass(frozen=True)
class V4Signature:
    """A signature as a request bears it. `lifetime` is None for one in the Authorization header.

    `signer` is a service account's e-mail address or the access id of an HMAC key.
    """

    algorithm: str
    signer: str
    scope: str
    time: datetime
    lifetime: timedelta | None
    signed_headers: tuple[str, ...]
    signature: bytes

    @property
    def dialect(self) -> Dialect:
        return _DIALECTS[self.algorithm]

    @property
    def expiry(self) -> datetime | None:
        """None for one in the Authorization header, whose time is the request's own."""
        return None if self.lifetime is None else self.time + self.lifetime

    def canonical_request(self, request: SignedRequest) -> str:
        """Raises MalformedSecurityHeader where a signed header did not come, or an extension header is not signed."""
        _check_headers(self, request.headers)
        headers = (f"{name}:{_trimmed(request.headers[name])}\n" for name in self.signed_headers)
        unsigned = f"{self.dialect.prefix}signature"
        pairs = sorted(
            (quote(name, safe=_SAFE), quote(value, safe=_SAFE))
            for name, value in request.query
            if name.lower() != unsigned
        )
        return "\n".join(
            (
                request.method,
                quote(unquote(request.path), safe="/" + _SAFE),
                "&".join(f"{name}={value}" for name, value in pairs),
                "".join(headers),
                ";".join(self.signed_headers),
                request.headers.get(f"{self.dialect.prefix}content-sha256", UNSIGNED_PAYLOAD),
            )
        )

    def string_to_sign(self, canonical_request: str) -> str:
        digest = hashlib.sha256(canonical_request.encode()).hexdigest()
        return "\n".join((self.algorithm, self.time.strftime(_DATE), self.scope, digest))


def from_query(query: Pairs) -> V4Signature | None:
    """The signature in a URL, None where there is none. Raises MalformedSecurityHeader for one that is incomplete."""
    named = {name.lower(): value for name, value in query}
    for dialect in (GOOGLE, AMAZON):
        if f"{dialect.prefix}signature" in named or f"{dialect.prefix}algorithm" in named:
            return _of_query(_Parameters(named, dialect))
    return None


def from_authorization(authorization: str, headers: Mapping[str, str]) -> V4Signature | None:
    """The signature in an Authorization header, None where it holds something else."""
    if authorization.partition(" ")[0] not in _DIALECTS:
        return None
    match = _HEADER.fullmatch(authorization.strip())
    if match is None:
        raise refusals.malformed_security_header("authorization", "Credential, SignedHeaders or Signature is missing.")
    dialect = _DIALECTS[match["algorithm"]]
    name = f"{dialect.prefix}date"
    return V4Signature(
        algorithm=match["algorithm"],
        signer=_signer(match["credential"], dialect),
        scope=_scope(match["credential"], dialect),
        time=_time(name, headers.get(name, "")),
        lifetime=None,
        signed_headers=_names(match["headers"]),
        signature=_hexadecimal("signature", match["signature"]),
    )


@dataclass(frozen=True)
class _Parameters:
    """Those of a signed URL; they go by their names without the prefix."""

    named: Mapping[str, str]
    dialect: Dialect

    def __getitem__(self, name: str) -> str:
        name = self.dialect.prefix + name
        if not self.named.get(name):
            raise refusals.malformed_security_header(name, "The parameter is missing from the signed URL.")
        return self.named[name]


def _of_query(parameters: _Parameters) -> V4Signature:
    algorithm, prefix = parameters["algorithm"], parameters.dialect.prefix
    if _DIALECTS.get(algorithm) is not parameters.dialect:
        raise refusals.malformed_security_header(f"{prefix}algorithm", f"'{algorithm}' is no algorithm to sign with.")
    return V4Signature(
        algorithm=algorithm,
        signer=_signer(parameters["credential"], parameters.dialect),
        scope=_scope(parameters["credential"], parameters.dialect),
        time=_time(f"{prefix}date", parameters["date"]),
        lifetime=_lifetime(f"{prefix}expires", parameters["expires"]),
        signed_headers=_names(parameters["signedheaders"]),
        signature=_hexadecimal(f"{prefix}signature", parameters["signature"]),
    )


def _check_headers(signature: V4Signature, headers: Mapping[str, str]) -> None:
    if "host" not in signature.signed_headers:
        raise refusals.malformed_security_header("host", "The header host must be signed.")
    for name in signature.signed_headers:
        if name not in headers:
            raise refusals.malformed_security_header(
                name, "Header was included in signedheaders, but not in the request."
            )
    # Else whoever has a URL could add, say, a copy source to what was meant as an upload.
    for name in headers:
        if name.startswith((GOOGLE.prefix, AMAZON.prefix)) and name not in signature.signed_headers:
            raise refusals.malformed_security_header(
                name, "Header was included in the request, but not in signedheaders."
            )


def _signer(credential: str, dialect: Dialect) -> str:
    return _parts(credential, dialect)[0]


def _scope(credential: str, dialect: Dialect) -> str:
    return _parts(credential, dialect)[1]


def _parts(credential: str, dialect: Dialect) -> tuple[str, str]:
    signer, *scope = credential.rsplit("/", 4)
    if len(scope) != 4 or scope[2:] != [dialect.service, dialect.terminator]:
        raise refusals.malformed_security_header(
            f"{dialect.prefix}credential",
            f"A credential is SIGNER/DATE/LOCATION/{dialect.service}/{dialect.terminator}; got '{credential}'.",
        )
    return signer, "/".join(scope)


def _time(name: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=timezone.utc)
    except ValueError:
        raise refusals.malformed_security_header(name, f"A time is like 20260131T235959Z; got '{text}'.") from None


def _lifetime(name: str, text: str) -> timedelta:
    longest = int(_LONGEST_LIFETIME.total_seconds())
    if not text.isdecimal() or not 0 < int(text) <= longest:
        detail = f"The expiration must be between 1 and {longest} seconds (7 days); got '{text}'."
        raise refusals.malformed_security_header(name, detail)
    return timedelta(seconds=int(text))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.lower().split(";"))


def _hexadecimal(name: str, text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        raise _not_hexadecimal(name) from None


def _not_hexadecimal(name: str) -> ApiError:
    return refusals.malformed_security_header(name, "Signature was not hexadecimal encoded")


def _trimmed(value: str) -> str:
    return " ".join(value.split())
