"""Where a request meets its handler, whatever transport brought it: who calls, is the API on, may they, run it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labkit.localcloud.contract.method import Method
from labkit.localcloud.core.access import Access
from labkit.localcloud.core.identity import Authenticator, Principal
from labkit.localcloud.core.requirement import Requirement, requirement_of
from labkit.localcloud.core.service_state import ServiceState
from labkit.localcloud.errors import ApiError


class Service(Protocol):
    """Handlers of one service. Each is a method named as its RPC: `CreateCustomJob(request, context) -> response`.

    Each says what it demands of the caller: `core.requirement`.
    """

    @property
    def service(self) -> str:
        """The full proto name: "google.cloud.aiplatform.v1.JobService"."""
        ...


@dataclass(frozen=True)
class Context:
    """What a handler may know beyond its request, and say beyond its response.

    `host` is the one called, with its region prefix. `permission` is what the handler demands, which the caller has;
    empty where it demands none. `access` answers what only the handler knows to ask, such as
    whether the caller may act as a service account. What a handler puts into `reply_headers` goes out as HTTP headers
    or gRPC metadata.
    """

    method: Method
    principal: Principal
    host: str
    access: Access
    permission: str = ""
    reply_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """A handler's response message, and the headers it wishes to go with it."""

    message: Any
    headers: dict[str, str]


class Dispatcher:
    """Authenticates a call, asks whether it may be made, and hands it to the handler that bears the RPC's name."""

    def __init__(
        self, authenticator: Authenticator, access: Access, service_state: ServiceState, services: Sequence[Service]
    ) -> None:
        self._authenticator = authenticator
        self._access = access
        self._service_state = service_state
        self._services = {service.service: service for service in services}

    def handler(self, method: Method) -> Callable[[Any, Context], Any] | None:
        """The handler of an RPC, or None where none is written."""
        handler: Callable[[Any, Context], Any] | None = getattr(self._services.get(method.service), method.name, None)
        return handler

    async def call(self, method: Method, request: Any, *, authorization: str, host: str) -> Reply:
        """Raises ApiError; `core.failures` words whatever else a handler raises."""
        principal = self._authenticator.authenticate(authorization, method.api.host)
        handler = self.handler(method)
        if handler is None:
            raise ApiError.unimplemented(f"{method.service}.{method.name}")
        requirement = requirement_of(handler)
        self._admit(principal, requirement, method, request)
        context = Context(method, principal, host, self._access, requirement.permission)
        response = handler(request, context)
        return Reply(await response if inspect.isawaitable(response) else response, context.reply_headers)

    def _admit(self, principal: Principal, requirement: Requirement, method: Method, request: Any) -> None:
        if not requirement.permission:
            return
        resource = self._access.locate(method.api.host, requirement.resource_name(request))
        if resource.project:
            self._service_state.require_enabled(resource.project, method.api.host)
        self._access.require(principal, requirement.permission, resource)
