"""Where a request meets its handler, whatever transport brought it: who calls, is it written, run it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labkit.localcloud.contract.method import Method
from labkit.localcloud.core.identity import Authenticator, Principal
from labkit.localcloud.errors import ApiError


class Service(Protocol):
    """Handlers of one service. Each is a method named as its RPC: `CreateCustomJob(request, context) -> response`."""

    @property
    def service(self) -> str:
        """The full proto name: "google.cloud.aiplatform.v1.JobService"."""
        ...


@dataclass(frozen=True)
class Context:
    """What a handler may know beyond its request, and say beyond its response.

    `host` is the one called, with its region prefix. What a handler puts into `reply_headers` goes out as HTTP headers
    or gRPC metadata.
    """

    method: Method
    principal: Principal
    host: str
    reply_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """A handler's response message, and the headers it wishes to go with it."""

    message: Any
    headers: dict[str, str]


class Dispatcher:
    """Authenticates a call and hands it to the handler that bears the RPC's name."""

    def __init__(self, authenticator: Authenticator, services: Sequence[Service]) -> None:
        self._authenticator = authenticator
        self._services = {service.service: service for service in services}

    def handler(self, method: Method) -> Callable[[Any, Context], Any] | None:
        """The handler of an RPC, or None where none is written."""
        handler: Callable[[Any, Context], Any] | None = getattr(self._services.get(method.service), method.name, None)
        return handler

    def authenticate(self, authorization: str, service: str) -> Principal:
        """Raises UNAUTHENTICATED."""
        return self._authenticator.authenticate(authorization, service)

    async def call(self, method: Method, request: Any, *, authorization: str, host: str) -> Reply:
        """Raises ApiError; `core.failures` words whatever else a handler raises."""
        principal = self.authenticate(authorization, method.api.host)
        handler = self.handler(method)
        if handler is None:
            raise ApiError.unimplemented(f"{method.service}.{method.name}")
        context = Context(method, principal, host)
        response = handler(request, context)
        return Reply(await response if inspect.isawaitable(response) else response, context.reply_headers)
