"""Cloud Logging: write entries, read them back with a filter.

Source: google/logging/v2/logging.proto.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core import filters
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.requirement import open_to_callers
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.logging.log_book import LogBook


class LoggingService:
    """google.logging.v2.LoggingServiceV2."""

    service = "google.logging.v2.LoggingServiceV2"

    def __init__(self, registry: Registry, projects: Projects, book: LogBook) -> None:
        self._types = registry.package("google.logging.v2")
        self._projects = projects
        self._book = book

    @open_to_callers("each entry names its own log: the permission is asked for each")
    def WriteLogEntries(self, request: Any, context: Context) -> Any:
        """Entries inherit log name, resource and labels from the request where they have none."""
        by_project: dict[str, list[Any]] = {}
        for given in request.entries:
            entry = self._types.LogEntry()
            entry.CopyFrom(given)
            entry.log_name = entry.log_name or request.log_name
            if not entry.HasField("resource"):
                entry.resource.CopyFrom(request.resource)
            for key, value in request.labels.items():
                entry.labels.setdefault(key, value)
            project = self._project(entry.log_name, "logging.logEntries.create", context)
            by_project.setdefault(project.id, []).append(entry)
        if not request.dry_run:
            for project_id, entries in by_project.items():
                self._book.append(project_id, entries)
        return self._types.WriteLogEntriesResponse()

    @open_to_callers("a request names several projects: the permission is asked on each")
    def ListLogEntries(self, request: Any, context: Context) -> Any:
        if not request.resource_names:
            raise ApiError.invalid("resource_names is empty. Name projects/PROJECT_ID.", field="resource_names")
        passes = filters.parse(request.filter)
        newest_first = request.order_by.replace(" ", "") == "timestampdesc"
        entries = [
            entry
            for name in request.resource_names
            for entry in self._book.entries(
                self._project(name, "logging.logEntries.list", context).id, newest_first=newest_first
            )
            if passes(entry)
        ]
        part = page(entries, size=request.page_size, token=request.page_token, default=50)
        return self._types.ListLogEntriesResponse(entries=part.items, next_page_token=part.next_token)

    def _project(self, name: str, permission: str, context: Context) -> Project:
        kind, _, rest = name.partition("/")
        if kind != "projects" or not rest:
            raise ApiError.invalid(f"{name!r} does not start with projects/PROJECT_ID, the one parent there is here.")
        host = context.method.api.host
        context.access.require(context.principal, permission, context.access.locate(host, name))
        return self._projects.get(rest.partition("/")[0], permission=permission, host=host)
