"""One RPC of one API, as its proto declares it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google.api import annotations_pb2
from google.longrunning import operations_proto_pb2  # `operations_pb2` would import all of gRPC with it.
from google.protobuf.message_factory import GetMessageClass

from labkit.localcloud.contract.apis import Api
from labkit.localcloud.contract.binding import Binding


@dataclass(frozen=True, slots=True)
class OperationInfo:
    """What a long-running RPC's operation ends with and reports on the way: full names of messages."""

    response_type: str
    metadata_type: str


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """`service` is the full name: "google.cloud.aiplatform.v1.JobService". `operation` is set for long-running RPCs."""

    api: Api
    service: str
    name: str
    bindings: tuple[Binding, ...]
    operation: OperationInfo | None
    descriptor: Any = field(repr=False)

    @classmethod
    def of(cls, api: Api, descriptor: Any, mixed_in: Iterable[Binding] = ()) -> Method:
        """Reads a method's descriptor; an API that mixes it in gives it bindings of its own instead of the proto's."""
        options = descriptor.GetOptions()
        is_own = descriptor.containing_service.file.package == api.package
        return cls(
            api=api,
            service=descriptor.containing_service.full_name,
            name=descriptor.name,
            bindings=Binding.of_rule(options.Extensions[annotations_pb2.http]) if is_own else tuple(mixed_in),
            operation=_operation(descriptor, options),
            descriptor=descriptor,
        )

    @property
    def path(self) -> str:
        """Its path on gRPC: "/google.cloud.aiplatform.v1.JobService/CreateCustomJob"."""
        return f"/{self.service}/{self.name}"

    @property
    def request(self) -> Any:
        """The message class of its request."""
        return GetMessageClass(self.descriptor.input_type)

    @property
    def response(self) -> Any:
        """The message class of its response."""
        return GetMessageClass(self.descriptor.output_type)

    @property
    def pool(self) -> Any:
        """The DescriptorPool its messages belong to, and in which an Any of theirs is understood."""
        return self.descriptor.containing_service.file.pool

    @property
    def client_streaming(self) -> bool:
        return bool(self.descriptor.client_streaming)

    @property
    def server_streaming(self) -> bool:
        return bool(self.descriptor.server_streaming)


def _operation(descriptor: Any, options: Any) -> OperationInfo | None:
    if not options.HasExtension(operations_proto_pb2.operation_info):
        return None
    info = options.Extensions[operations_proto_pb2.operation_info]
    package = descriptor.containing_service.file.package
    # A name without a dot is one of the same package (google/longrunning/operations.proto).
    response, metadata = (
        name if not name or "." in name else f"{package}.{name}" for name in (info.response_type, info.metadata_type)
    )
    return OperationInfo(response, metadata)
