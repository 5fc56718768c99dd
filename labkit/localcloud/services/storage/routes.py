"""What a route of the JSON API demands of its caller, said beside the route.

Some permissions depend on what a request brings, as on an object's name or retention; for those the handler asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from starlette.responses import Response

from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import integer

Handler = Callable[[Call], Awaitable[Response]]


class On(Enum):
    """What a permission is needed on."""

    PROJECT = "the project that the query, or the path, names"
    BUCKET = "the bucket in the path"
    LIST = "the bucket, for the list of objects under the prefix in the query"
    OBJECT = "the object in the path"
    SOURCE = "the object that is copied"


@dataclass(frozen=True)
class Need:
    """A permission that a call takes, whatever else it takes."""

    permission: str
    on: On

    def require(self, call: Call) -> None:
        """Raises PERMISSION_DENIED, UNAUTHENTICATED for nobody known, NOT_FOUND for the bucket."""
        match self.on:
            case On.PROJECT:
                call.caller.require_on_project(self.permission, _project(call))
            case On.BUCKET:
                call.caller.require_on_bucket(self.permission, call.bucket)
            case On.LIST:
                call.caller.require_on_bucket(self.permission, call.bucket, call.query.get("prefix", ""))
            case On.OBJECT:
                call.caller.require_on_object(self.permission, call.address, call.generation)
            case On.SOURCE:
                generation = integer(call.query, "sourceGeneration")
                call.caller.require_on_object(self.permission, _source(call), generation)


@dataclass(frozen=True)
class Route:
    """`asks` are permissions that the handler requires itself; `open_because` says why a route takes none.

    `check` refuses what is impossible, before anyone's permissions count.
    """

    verb: str
    template: str
    handler: Handler
    needs: tuple[Need, ...] = ()
    asks: tuple[str, ...] = ()
    open_because: str = ""
    check: Callable[[Call], None] | None = None

    def __post_init__(self) -> None:
        if bool(self.needs or self.asks) is bool(self.open_because):
            raise ValueError(f"{self.verb} {self.template} needs permissions, or the reason why it takes none.")

    async def answer(self, call: Call) -> Response:
        """Run the handler for a caller who may."""
        if self.check:
            self.check(call)
        for need in self.needs:
            need.require(call)
        return await self.handler(call)


def _project(call: Call) -> str:
    named = call.variables.get("project") or call.query.get("project", "")
    if not named:
        raise refusals.required("project")
    return named


def _source(call: Call) -> Address:
    bucket = call.variables.get("sourceBucket") or call.bucket
    return Address(bucket, call.variables["sourceObject"])
