"""Who sends a request to the XML API: the bearer of a token, whoever signed it, or nobody known.

Sources: https://cloud.google.com/storage/docs/access-control/signed-urls and
https://cloud.google.com/storage/docs/authentication/hmackeys
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import ANONYMOUS, Authenticator, Principal
from labkit.localcloud.services.storage import v2_signature, v4_signature
from labkit.localcloud.services.storage.v2_signature import V2Signature
from labkit.localcloud.services.storage.v4_signature import SignedRequest, V4Signature
from labkit.localcloud.services.storage.xml import refusals
from labkit.localcloud.services.storage.xml.target import HOST
from labkit.localcloud.wire.request import raw_path

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# How far a client's clock may be off: https://cloud.google.com/storage/docs/xml-api/reference-status
_SKEW = timedelta(minutes=15)


class VerificationKeys(Protocol):
    """The public keys of service accounts, those of `signBlob` among them."""

    def verification_keys(self, email: str) -> Sequence[RSAPublicKey]:
        """None where there is no such account, or where it may not sign now."""
        ...


@dataclass(frozen=True)
class HmacSecret:
    """What an HMAC key signs with, and whom it signs for."""

    secret: str
    principal: Principal


class HmacSecrets(Protocol):
    """The HMAC keys of service accounts."""

    def secret(self, access_id: str) -> HmacSecret | None:
        """None for a key that does not exist or is not active."""
        ...


class Callers:
    """Verifies tokens and signatures. The signer of a URL is the caller: IAM decides what that one may do."""

    def __init__(self, authenticator: Authenticator, keys: VerificationKeys, hmacs: HmacSecrets, clock: Clock) -> None:
        self._authenticator = authenticator
        self._keys = keys
        self._hmacs = hmacs
        self._clock = clock

    def caller(self, request: Request) -> Principal:
        """Raises UNAUTHENTICATED for a bad token, and the XML API's refusals for a bad signature."""
        authorization = request.headers.get("authorization", "")
        query = request.query_params.multi_items()
        headers = dict(request.headers)
        if signature := v4_signature.from_query(query) or v4_signature.from_authorization(authorization, headers):
            return self._v4(signature, _signed(request))
        if older := v2_signature.from_query(query):
            return self._v2(older, _signed(request))
        return self._authenticator.authenticate(authorization, HOST) if authorization else ANONYMOUS

    def verify_rsa(self, signer: str, signature: bytes, message: str) -> bool:
        """Whether one of a service account's keys made this signature."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        for key in self._keys.verification_keys(signer):
            try:
                key.verify(signature, message.encode(), PKCS1v15(), SHA256())
            except InvalidSignature:
                continue
            return True
        return False

    def _v4(self, signature: V4Signature, request: SignedRequest) -> Principal:
        self._check_time(signature)
        canonical = signature.canonical_request(request)
        message = signature.string_to_sign(canonical)
        if signature.algorithm == v4_signature.RSA:
            signer = Principal(signature.signer)
            is_genuine = self.verify_rsa(signature.signer, signature.signature, message)
        else:
            known = self._hmacs.secret(signature.signer)
            if known is None:
                raise refusals.unknown_signer(signature.signer)
            signer = known.principal
            is_genuine = hmac.compare_digest(_hmac_of(known.secret, signature, message), signature.signature)
        if not is_genuine:
            raise refusals.wrong_signature(message, canonical)
        return signer

    def _v2(self, signature: V2Signature, request: SignedRequest) -> Principal:
        if signature.expiry <= self._clock.now():
            raise refusals.expired(f"Request has expired: {signature.expires}")
        host = request.headers.get("host", "").partition(":")[0].lower()
        bucket = host.removesuffix(HOST).rstrip(".")
        message = signature.string_to_sign(request, f"/{bucket}{request.path}" if bucket else request.path)
        if not self.verify_rsa(signature.signer, signature.signature, message):
            raise refusals.wrong_signature(message)
        return Principal(signature.signer)

    def _check_time(self, signature: V4Signature) -> None:
        now, expiry = self._clock.now(), signature.expiry
        if expiry is not None and expiry <= now:
            raise refusals.expired(f"Request signature expired at: {expiry.isoformat()}")
        if signature.time - now > _SKEW or (expiry is None and now - signature.time > _SKEW):
            raise refusals.too_early(
                f"The request was signed at {signature.time.isoformat()}; now it is {now.isoformat()}."
            )


def _signed(request: Request) -> SignedRequest:
    return SignedRequest(request.method, raw_path(request), request.query_params.multi_items(), dict(request.headers))


def _hmac_of(secret: str, signature: V4Signature, message: str) -> bytes:
    key = (signature.dialect.key_prefix + secret).encode()
    for part in signature.scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, message.encode(), "sha256")
