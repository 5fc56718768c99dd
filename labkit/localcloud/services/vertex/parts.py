"""What every Vertex AI service here needs: names, stored resources, operations, time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core import filters
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations
from labkit.localcloud.core.paging import Page, page
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.services.vertex.acting import Acting
from labkit.localcloud.services.vertex.names import Names

_PACKAGE = "google.cloud.aiplatform.v1"


@dataclass(frozen=True)
class Parts:
    """`types` is the package's namespace: `parts.types.Model(...)`."""

    registry: Registry
    names: Names
    acting: Acting
    resources: Resources
    operations: Operations
    clock: Clock
    ids: Ids
    types: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", self.registry.package(_PACKAGE))

    def stamp(self, message: Any) -> None:
        """Set what Vertex AI sets on a new resource: times and etag."""
        now = self.clock.now()
        message.create_time.FromDatetime(now)
        message.update_time.FromDatetime(now)
        if "etag" in message.DESCRIPTOR.fields_by_name:
            message.etag = self.ids.opaque()[:12]

    def listed(self, kind: type[Any], request: Any, context: Context) -> Page[Any]:
        """The page of `request.parent`'s resources that a List request asks for, by its filter and page token."""
        location = self.names.location(request.parent, context)
        passes = filters.parse(request.filter)
        found = [resource for resource in self.resources.children(kind, location.name) if passes(resource)]
        return page(found, size=request.page_size, token=request.page_token)

    def metadata(self, kind: Any) -> Any:
        """An operation's metadata of the type `kind`, begun now."""
        metadata = kind()
        now = self.clock.now()
        metadata.generic_metadata.create_time.FromDatetime(now)
        metadata.generic_metadata.update_time.FromDatetime(now)
        return metadata

    def deleted(self, location: str) -> Any:
        """The operation of a deletion, which is done at once."""
        empty = self.registry.message("google.protobuf.Empty")
        return self.operations.done(location, empty(), self.metadata(self.types.DeleteOperationMetadata))
