"""gRPC: one generic handler for every method of the contract, over the same dispatch as REST."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio

from labkit.localcloud.contract.registry import Method, Registry
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.status import to_status
from labkit.localcloud.errors import ApiError

_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}

# Google accepts 10 MB to most APIs; a reply with many resources may be larger.
_OPTIONS = (
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    ("grpc.max_send_message_length", 32 * 1024 * 1024),
)


class GrpcTransport:
    """A gRPC server without TLS: the proxy in front of it has taken TLS off already."""

    def __init__(self, registry: Registry, dispatcher: Dispatcher) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str) -> int:
        """Listen on `address` ("unix:/…/grpc" or "127.0.0.1:0"); the port, or 1 for a unix socket."""
        self._server = grpc.aio.server(options=_OPTIONS)
        self._server.add_generic_rpc_handlers((_Handlers(self._registry, self._dispatcher),))
        port: int = self._server.add_insecure_port(address)
        await self._server.start()
        return port

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(grace=0.2)


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc publishes no types.
    def __init__(self, registry: Registry, dispatcher: Dispatcher) -> None:
        self._registry = registry
        self._dispatcher = dispatcher

    def service(self, handler_call_details: Any) -> Any:
        # The :authority pseudo-header is the host called; its region prefix says which location is meant.
        metadata = dict(handler_call_details.invocation_metadata or ())
        host = str(metadata.get(":authority", "")).partition(":")[0]
        method = self._registry.method(handler_call_details.method, host)
        if method is None:
            return None  # grpc answers UNIMPLEMENTED, naming the path.
        call = _Call(self._registry, self._dispatcher, method, host, str(metadata.get("authorization", "")))
        serializer = type(method.response()).SerializeToString
        if method.server_streaming or method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(call.stream, method.request.FromString, serializer)
        return grpc.unary_unary_rpc_method_handler(call.unary, method.request.FromString, serializer)


class _Call:
    """One call of one method."""

    def __init__(
        self, registry: Registry, dispatcher: Dispatcher, method: Method, host: str, authorization: str
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._method = method
        self._host = host
        self._authorization = authorization

    async def unary(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await self._dispatcher.call(
                self._method, request, authorization=self._authorization, host=self._host
            )
        except Exception as error:  # noqa: BLE001 - the one place where an error becomes a reply.
            await self._abort(context, as_api_error(error))

    async def stream(self, requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """No streaming RPC is written yet; each answers UNIMPLEMENTED by name."""
        await self._abort(context, ApiError.unimplemented(f"{self._method.service}.{self._method.name}"))

    async def _abort(self, context: grpc.aio.ServicerContext[Any, Any], error: ApiError) -> None:
        status = to_status(error, self._registry, self._method.api.host)
        await context.abort(
            _STATUS_CODES[error.code.number],
            error.message,
            (("grpc-status-details-bin", status.SerializeToString()),),
        )
