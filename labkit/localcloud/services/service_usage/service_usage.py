"""Service Usage: enable, disable and list the APIs of a project.

Source: google/api/serviceusage/v1/serviceusage.proto.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.service_usage import refusals
from labkit.localcloud.services.service_usage.catalogue import CATALOGUE
from labkit.localcloud.services.service_usage.enabled_services import EnabledServices

_NAME = re.compile(r"projects/(?P<project>[^/]+)/services/(?P<service>[^/]+)")
_FILTER = re.compile(r"state:(ENABLED|DISABLED)")
_LARGEST_PAGE = 200
_LARGEST_BATCH = 20
_LARGEST_GET = 30


class ServiceUsage:
    """google.api.serviceusage.v1.ServiceUsage. Every operation is done when it is returned."""

    service = "google.api.serviceusage.v1.ServiceUsage"

    def __init__(
        self, registry: Registry, projects: Projects, enabled: EnabledServices, operations: Operations, ids: Ids
    ) -> None:
        self._types = registry.package("google.api.serviceusage.v1")
        self._projects = projects
        self._enabled = enabled
        self._operations = operations
        self._ids = ids

    @requires("serviceusage.services.enable", on="name")
    def EnableService(self, request: Any, context: Context) -> Any:
        project, service = self._named(request.name, context)
        self._enabled.enable(project, [service])
        return self._done(self._types.EnableServiceResponse(service=self._service(project, service)), project)

    @requires("serviceusage.services.enable", on="parent")
    def BatchEnableServices(self, request: Any, context: Context) -> Any:
        """At most 20, all or none."""
        names = list(request.service_ids)
        if not 1 <= len(names) <= _LARGEST_BATCH:
            raise ApiError.invalid(
                f"{len(names)} services in one request. Name from 1 to {_LARGEST_BATCH}.", field="service_ids"
            )
        project = self._project(request.parent, context)
        self._enabled.enable(project, names)
        services = [self._service(project, name) for name in names]
        return self._done(self._types.BatchEnableServicesResponse(services=services), project)

    @requires("serviceusage.services.disable", on="name")
    def DisableService(self, request: Any, context: Context) -> Any:
        """Usage is not recorded here, so `check_if_service_has_usage` never finds any."""
        project, service = self._named(request.name, context)
        self._enabled.disable(project, service, dependents_too=request.disable_dependent_services)
        return self._done(self._types.DisableServiceResponse(service=self._service(project, service)), project)

    @requires("serviceusage.services.get", on="name")
    def GetService(self, request: Any, context: Context) -> Any:
        return self._service(*self._named(request.name, context))

    @requires("serviceusage.services.get", on="parent")
    def BatchGetServices(self, request: Any, context: Context) -> Any:
        if len(request.names) > _LARGEST_GET:
            raise ApiError.invalid(
                f"{len(request.names)} names in one request. The most is {_LARGEST_GET}.", field="names"
            )
        parent = self._project(request.parent, context)
        services = []
        for name in request.names:
            project, service = self._named(name, context)
            if project != parent:
                raise ApiError.invalid(f"{name!r} is not of the parent {request.parent!r}.", field="names")
            services.append(self._service(project, service))
        return self._types.BatchGetServicesResponse(services=services)

    @requires("serviceusage.services.list", on="parent")
    def ListServices(self, request: Any, context: Context) -> Any:
        project = self._project(request.parent, context)
        names = self._filtered(project, request.filter)
        part = page(names, size=request.page_size, token=request.page_token, default=50, largest=_LARGEST_PAGE)
        return self._types.ListServicesResponse(
            services=[self._service(project, name) for name in part.items], next_page_token=part.next_token
        )

    def _filtered(self, project: Project, text: str) -> Sequence[str]:
        if not text:
            return tuple(CATALOGUE)
        match = _FILTER.fullmatch(text.replace(" ", ""))
        if match is None:
            raise ApiError.invalid(
                f"The filter {text!r} is not one of state:ENABLED and state:DISABLED.", field="filter"
            )
        enabled = self._enabled.of(project.id)
        return [name for name in CATALOGUE if (name in enabled) == (match[1] == "ENABLED")]

    def _service(self, project: Project, name: str) -> Any:
        state = "ENABLED" if self._enabled.is_enabled(project.id, name) else "DISABLED"
        return self._types.Service(
            name=f"projects/{project.number}/services/{name}",
            parent=f"projects/{project.number}",
            config=self._types.ServiceConfig(name=name, title=CATALOGUE[name].title),
            state=self._types.State.Value(state),
        )

    def _named(self, name: str, context: Context) -> tuple[Project, str]:
        match = _NAME.fullmatch(name)
        if match is None:
            raise ApiError.invalid(f"{name!r} is not projects/PROJECT/services/SERVICE.", field="name")
        if match["service"] not in CATALOGUE:
            raise refusals.unknown_services([match["service"]])
        return self._project(f"projects/{match['project']}", context), match["service"]

    def _project(self, name: str, context: Context) -> Project:
        return self._projects.get(
            name.removeprefix("projects/"), permission=context.permission, host=context.method.api.host
        )

    def _done(self, response: Any, project: Project) -> Any:
        name = f"operations/acf.p2-{project.number}-{self._ids.opaque()}"
        metadata = self._types.OperationMetadata(resource_names=[f"projects/{project.number}"])
        return self._operations.done_as(name, response, metadata)
