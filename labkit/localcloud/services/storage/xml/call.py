"""One request of the XML API, taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.access import Caller
from labkit.localcloud.services.storage.acl_requests import AclRequest
from labkit.localcloud.services.storage.arriving import arriving, document
from labkit.localcloud.services.storage.customer_keys import CustomerKey
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import Preconditions, integer
from labkit.localcloud.services.storage.xml import headers as xml_headers
from labkit.localcloud.services.storage.xml.documents import Node, render
from labkit.localcloud.services.storage.xml.target import Target

_MEDIA_TYPE = "application/xml; charset=UTF-8"

# What changes the meaning of a call and is not written: refused, since ignoring it would be a lie.
_UNIMPLEMENTED = ("x-goog-encryption-kms-key-name",)


@dataclass(frozen=True)
class XmlCall:
    """A request, whom it comes from and what it is about. `headers` have lower-case names, Google's."""

    request: Request
    target: Target
    caller: Caller
    headers: Mapping[str, str]

    @classmethod
    def of(cls, request: Request, target: Target, caller: Caller) -> XmlCall:
        """Raises UNIMPLEMENTED for a header that may not be ignored."""
        headers = xml_headers.normalized(request.headers)
        for name in _UNIMPLEMENTED:
            if name in headers:
                raise ApiError.unimplemented(f"Cloud Storage with the header '{name}'")
        if headers.get("x-goog-content-sha256", "").startswith("STREAMING-"):
            raise ApiError.unimplemented("Cloud Storage with a signature for each chunk (STREAMING-…)")
        return cls(request, target, caller, headers)

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def bucket(self) -> str:
        return self.target.bucket

    @property
    def address(self) -> Address:
        return self.target.address

    @property
    def generation(self) -> int | None:
        return integer(self.query, "generation")

    @property
    def preconditions(self) -> Preconditions:
        return xml_headers.preconditions(self.headers)

    @property
    def key(self) -> CustomerKey:
        """The customer's key to read or write an object with. Raises INVALID_ARGUMENT for one that is not whole."""
        return CustomerKey.from_headers(self.headers)

    @property
    def acl(self) -> AclRequest:
        """The list that an upload asks for."""
        return AclRequest(xml_headers.predefined_acl(self.headers), ())

    @property
    def url(self) -> str:
        """Where the request went, without its query, for links the client can follow."""
        path = self.request.scope["raw_path"].partition(b"?")[0].decode("latin-1")
        return f"{self.request.url.scheme}://{self.request.headers['host']}{path}"

    @property
    def length(self) -> int | None:
        """Of the request's body; None where it comes in chunks."""
        return integer(self.headers, "content-length")

    def content(self) -> AsyncIterator[bytes]:
        """The bytes of the request as they arrive. Raises CANCELLED where the client goes away before the end.

        Raises BadDigest at the end where they are not those whose hash was signed.
        """
        return _verified(arriving(self.request), self.headers.get("x-goog-content-sha256", ""))

    async def document(self) -> bytes:
        """The XML that came with the request."""
        return await document(self.request)


async def _verified(stream: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
    digest = hashlib.sha256() if len(sha256) == hashlib.sha256().digest_size * 2 else None
    async for data in stream:
        if digest:
            digest.update(data)
        yield data
    if digest and digest.hexdigest() != sha256.lower():
        message = f"The bytes have the SHA-256 {digest.hexdigest()}; x-goog-content-sha256 said {sha256}."
        raise ApiError(Code.INVALID_ARGUMENT, message, reason=refusals.BAD_DIGEST)


def reply(root: Node, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document."""
    return Response(render(root), status, headers, media_type=_MEDIA_TYPE)
