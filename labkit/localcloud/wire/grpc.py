"""gRPC: one generic handler for every method of the contract, over the same dispatch as REST."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from labkit.localcloud.contract.method import Method
from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Dispatcher, Reply
from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.core.faults import Due, Exchange, Faults, Kind
from labkit.localcloud.core.status import to_status
from labkit.localcloud.errors import ApiError, Code

_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}

if TYPE_CHECKING:  # The class is generic in its type stubs only.
    _GenericRpcHandler = grpc.GenericRpcHandler[Any, Any]
else:
    _GenericRpcHandler = grpc.GenericRpcHandler

# A client refuses trailers of more than 8 KiB, and the message travels in them twice, once in base64.
_LONGEST_MESSAGE = 2000

Connection: TypeAlias = tuple[asyncio.BaseTransport, asyncio.BaseProtocol]

# Google accepts 10 MB to most APIs; a reply with many resources may be larger.
_OPTIONS = (
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),
    ("grpc.max_send_message_length", 32 * 1024 * 1024),
)


class GrpcTransport:
    """gRPC servers without TLS, which the proxy in front of them has taken off already.

    One for each host that is called: grpc does not tell a handler the host, and RPCs such as
    google.longrunning.Operations.GetOperation are served by many.
    """

    def __init__(self, registry: Registry, dispatcher: Dispatcher, faults: Faults, sockets: Path | None) -> None:
        """`sockets` is a folder for unix sockets; None where the system has none, and loopback ports are used."""
        self._registry = registry
        self._dispatcher = dispatcher
        self._faults = faults
        self._sockets = sockets
        self._servers: dict[str, asyncio.Task[_Server]] = {}

    async def connect(self, host: str, make: Callable[[], asyncio.Protocol]) -> Connection:
        """Connect a protocol to the server of `host`, which is started at the first call."""
        if host not in self._servers:
            self._servers[host] = asyncio.get_running_loop().create_task(self._start(host))
        server = await self._servers[host]
        loop = asyncio.get_running_loop()
        if isinstance(server.address, Path):
            return await loop.create_unix_connection(make, str(server.address))
        return await loop.create_connection(make, "127.0.0.1", server.address)

    async def stop(self) -> None:
        for starting in self._servers.values():
            await (await starting).grpc.stop(grace=0.2)

    async def _start(self, host: str) -> _Server:
        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers((_Handlers(self._registry, self._dispatcher, self._faults, host),))
        path = self._sockets / f"{len(self._servers)}" if self._sockets else None
        port: int = server.add_insecure_port(f"unix:{path}" if path else "127.0.0.1:0")
        await server.start()
        return _Server(server, path or port)


def _parse(method: Method, request: bytes) -> Any:
    try:
        return method.request.FromString(request)
    except DecodeError as error:
        raise ApiError.invalid(f"The request is no {method.descriptor.input_type.full_name}: {error}.") from error


@dataclass(frozen=True)
class _Server:
    grpc: grpc.aio.Server
    address: Path | int


class _Handlers(_GenericRpcHandler):
    def __init__(self, registry: Registry, dispatcher: Dispatcher, faults: Faults, host: str) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._faults = faults
        self._host = host

    def service(self, handler_call_details: Any) -> Any:
        method = self._registry.method(handler_call_details.method, self._host)
        if method is None:
            return None  # grpc answers UNIMPLEMENTED.
        metadata = dict(handler_call_details.invocation_metadata or ())
        authorization = str(metadata.get("authorization", ""))
        call = _Call(self._registry, self._dispatcher, self._faults, method, self._host, authorization)
        serializer = method.response.SerializeToString
        if method.server_streaming or method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(call.stream, response_serializer=serializer)
        return grpc.unary_unary_rpc_method_handler(call.unary, response_serializer=serializer)


class _Call:
    """One call of one method."""

    def __init__(
        self,
        registry: Registry,
        dispatcher: Dispatcher,
        faults: Faults,
        method: Method,
        host: str,
        authorization: str,
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._faults = faults
        self._method = method
        self._host = host
        self._authorization = authorization

    async def unary(self, request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            message = _parse(self._method, request)
            due = self._due(message) if self._faults.scripts else None
            reply = await self._dispatch(message) if due is None else await _play(due, self._dispatch(message))
            context.set_trailing_metadata(tuple(reply.headers.items()))
            return reply.message
        except Exception as error:  # noqa: BLE001 - the one place where an error becomes a reply.
            await self._abort(context, as_api_error(error))

    async def _dispatch(self, message: Any) -> Reply:
        return await self._dispatcher.call(self._method, message, authorization=self._authorization, host=self._host)

    def _due(self, message: Any) -> Due | None:
        resource = getattr(message, "name", "") or getattr(message, "parent", "")
        return self._faults.due(Exchange(self._method.api.host, self._method.descriptor.full_name, str(resource)))

    async def stream(self, requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """No streaming RPC is written yet; each answers UNIMPLEMENTED by name."""
        await self._abort(context, ApiError.unimplemented(f"{self._method.service}.{self._method.name}"))

    async def _abort(self, context: grpc.aio.ServicerContext[Any, Any], error: ApiError) -> None:
        status = to_status(error, self._registry, self._method.api.host)
        status.message = _shortened(error.message)
        await context.abort(
            _STATUS_CODES[error.code.number],
            status.message,
            (("grpc-status-details-bin", status.SerializeToString()),),
        )


async def _play(due: Due, work: Coroutine[Any, Any, Reply]) -> Reply:
    """A scripted fault, as far as gRPC tells one from another: to a client, a broken connection is UNAVAILABLE."""
    fault = due.fault
    await asyncio.sleep(fault.delay)
    struck = due.take()
    if not struck or fault.kind is Kind.DELAY:
        return await work
    if fault.kind is Kind.LOST_REPLY:
        await work
    work.close()
    raise ApiError(fault.code if fault.kind is Kind.ERROR else Code.UNAVAILABLE, fault.message)


def _shortened(message: str) -> str:
    """The end of a long message: of a traceback or a server's output the last lines tell most."""
    return message if len(message) <= _LONGEST_MESSAGE else f"… {message[-_LONGEST_MESSAGE:]}"
