"""One request of the JSON API, taken apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import fields
from labkit.localcloud.services.storage.access import Caller
from labkit.localcloud.services.storage.acl_representations import FullProjection
from labkit.localcloud.services.storage.acl_requests import AclRequest
from labkit.localcloud.services.storage.arriving import arriving, document
from labkit.localcloud.services.storage.customer_keys import CustomerKey
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import Preconditions, integer
from labkit.localcloud.services.storage.representations import Representations

# What changes the meaning of a call and is not written yet: refused, since ignoring it would be a lie.
_UNIMPLEMENTED_PARAMETERS = (
    "destinationKmsKeyName",
    "kmsKeyName",
)


@dataclass(frozen=True)
class Call:
    """A request with the variables of its path, who makes it, and the fields its reply is cut down to."""

    request: Request
    variables: Mapping[str, str]
    caller: Caller
    selection: fields.Selection

    @classmethod
    def of(cls, request: Request, variables: Mapping[str, str], caller: Caller) -> Call:
        """Raises INVALID_ARGUMENT for a bad `fields`, UNIMPLEMENTED for a parameter that may not be ignored."""
        for name in _UNIMPLEMENTED_PARAMETERS:
            if request.query_params.get(name, "").lower() not in ("", "false"):  # gcloud writes "False"
                raise ApiError.unimplemented(f"Cloud Storage with the parameter '{name}'")
        selection = request.query_params.get("fields", "")
        return cls(request, variables, caller, fields.parse(selection) if selection else {})

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def bucket(self) -> str:
        return self.variables["bucket"]

    @property
    def address(self) -> Address:
        return Address(self.variables["bucket"], self.variables["object"])

    @property
    def generation(self) -> int | None:
        return integer(self.query, "generation")

    @property
    def preconditions(self) -> Preconditions:
        return Preconditions.from_query(self.query)

    @property
    def key(self) -> CustomerKey:
        """The customer's key to read or write an object with. Raises INVALID_ARGUMENT for one that is not whole."""
        return CustomerKey.from_headers(self.request.headers)

    @property
    def base(self) -> str:
        """The scheme and host the client used, for links it can follow."""
        return f"{self.request.url.scheme}://{self.request.headers['host']}"

    @property
    def representations(self) -> Representations:
        full = FullProjection(self.base, self.caller) if self._shows_acl else None
        return Representations(self.base, full, self.key.sha256)

    @property
    def _shows_acl(self) -> bool:
        """Changes of metadata show everything unless told otherwise; all else shows no lists unless asked."""
        is_change = self.request.method in ("PATCH", "PUT") and self.request.url.path.startswith("/storage/")
        default = "full" if is_change else "noAcl"
        return self.query.get("projection", default) == "full"

    def acl_request(self, body: Body, parameter: str = "predefinedAcl") -> AclRequest:
        """The list that a request wants for the object it makes or changes; `body` is the object's resource."""
        return AclRequest(self.query.get(parameter, ""), body.objects("acl"))

    def flag(self, name: str) -> bool:
        """A parameter that is "true" or left out."""
        return self.query.get(name, "").lower() == "true"

    async def body(self) -> Body:
        """The JSON object that came with the request; empty where none did."""
        return Body.parse(await document(self.request))

    def content(self) -> AsyncIterator[bytes]:
        """The bytes of the request as they arrive. Raises CANCELLED where the client goes away before the end."""
        return arriving(self.request)

    def reply(self, resource: dict[str, Any]) -> Response:
        """A resource, cut down to the fields the client asked for."""
        return JSONResponse(fields.select(self.selection, resource))
