"""Google's contract as the local cloud serves it: which RPC a request means, and the classes of its messages.

All of it lives in a private DescriptorPool: nothing here meets the classes of a Google client in the same process.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message_factory import GetMessageClass

from labkit.localcloud.contract.apis import APIS, Api, canonical_host
from labkit.localcloud.contract.binding import Binding
from labkit.localcloud.contract.descriptors import DescriptorDatabase
from labkit.localcloud.contract.method import Method
from labkit.localcloud.wire.router import Router

# "/v1/…", "/compute/v1/…", "/v1beta1:evaluateInstances"; "/ui/…" is any version's.
_VERSION = re.compile(r"/(?:compute/)?(?P<version>\w+)")


class RestCall(NamedTuple):
    """What a REST request means; `variables` are those of its path, decoded."""

    method: Method
    binding: Binding
    variables: dict[str, str]


class Package:
    """A proto package as a namespace, read when first used: `vertex.CustomJob(...)`, `vertex.JobState.Value(...)`."""

    def __init__(self, pool: DescriptorPool, name: str) -> None:
        self._pool = pool
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python's own probing (`__wrapped__`, `__deepcopy__`) must not load an API.
            raise AttributeError(name)
        try:
            found = self._find(f"{self._name}.{name}")
        except KeyError:
            raise AttributeError(f"Package {self._name} has no message or enum {name!r}.") from None
        setattr(self, name, found)
        return found

    def _find(self, full_name: str) -> Any:
        try:
            return GetMessageClass(self._pool.FindMessageTypeByName(full_name))
        except KeyError:
            return EnumTypeWrapper(self._pool.FindEnumTypeByName(full_name))


class _Surface:
    """One API's methods, by their gRPC path and by their REST bindings, each built when first asked for."""

    def __init__(self, api: Api, database: DescriptorDatabase, pool: DescriptorPool) -> None:
        self._api = api
        self._database = database
        self._pool = pool

    @cached_property
    def methods(self) -> dict[str, Method]:
        return {method.path: method for method in (*self._own(), *self._mixed_in())}

    @cached_property
    def router(self) -> Router[tuple[Method, Binding]]:
        router = Router[tuple[Method, Binding]]()
        for method in self.methods.values():
            for binding in method.bindings:
                router.add(binding.verb, binding.template, (method, binding))
        return router

    def _own(self) -> Iterator[Method]:
        for file in self._database.service_files(self._api.package):
            for service in self._pool.FindFileByName(file).services_by_name.values():
                yield from (Method.of(self._api, method) for method in service.methods)

    def _mixed_in(self) -> Iterator[Method]:
        bindings: dict[str, dict[str, tuple[Binding, ...]]] = defaultdict(dict)
        for mixin in self._api.mixins:
            by_rpc = bindings[mixin.service]
            by_rpc[mixin.rpc] = by_rpc.get(mixin.rpc, ()) + mixin.bindings
        for service, by_rpc in bindings.items():
            for method in self._pool.FindServiceByName(service).methods:
                yield Method.of(self._api, method, by_rpc.get(method.name, ()))


class Registry:
    """Reads nothing until it is asked, and then only the APIs the question is about."""

    def __init__(self) -> None:
        database = DescriptorDatabase()
        self.pool = DescriptorPool(descriptor_db=database)
        self._surfaces = {api.package: _Surface(api, database, self.pool) for api in APIS}

    @property
    def apis(self) -> tuple[Api, ...]:
        return APIS

    def apis_for_host(self, host: str) -> tuple[Api, ...]:
        """The APIs served at a host, plain or regional, with or without a port; none for another's host."""
        canonical = canonical_host(host)
        return tuple(api for api in APIS if api.host == canonical)

    def methods(self, api: Api) -> tuple[Method, ...]:
        """All that an API serves, the RPCs it shares with others among them."""
        return tuple(self._surfaces[api.package].methods.values())

    def method(self, path: str, host: str) -> Method | None:
        """The RPC of a gRPC path. The host decides: google.longrunning.Operations is served by many APIs."""
        service = path[1:].rpartition("/")[0]
        package = service.rpartition(".")[0]
        for api in self.apis_for_host(host):
            if package == api.package or any(mixin.service == service for mixin in api.mixins):
                return self._surfaces[api.package].methods.get(path)
        return None

    def route(self, verb: str, host: str, path: str) -> RestCall | None:
        """The RPC of a REST request. `path` is raw: still percent-encoded, without its query."""
        version = _VERSION.match(path)
        for api in self.apis_for_host(host):
            if version and version["version"] in (api.version, "ui"):
                route = self._surfaces[api.package].router.match(verb, path)
                if route:
                    return RestCall(*route.target, route.variables)
        return None

    def message(self, full_name: str) -> Any:
        """A message class by its full name, "google.rpc.Status". Raises KeyError for an unknown one."""
        return GetMessageClass(self.pool.FindMessageTypeByName(full_name))

    def package(self, name: str) -> Package:
        """The namespace of a proto package, "google.cloud.aiplatform.v1"; reads nothing yet."""
        return Package(self.pool, name)
