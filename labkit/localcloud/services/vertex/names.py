"""Vertex AI's resource names: projects/PROJECT/locations/LOCATION/COLLECTION/ID."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.errors import ApiError

_LOCATION = re.compile(r"projects/([^/]+)/locations/([a-z0-9-]+)(?=/|\Z)")


@dataclass(frozen=True)
class Location:
    """A project in a region, by name as Vertex AI writes it: with the project's number, whichever the caller used."""

    project: Project
    region: str

    @property
    def name(self) -> str:
        return f"projects/{self.project.number}/locations/{self.region}"


class Names:
    """Reads names, refuses those of projects that are not here, and gives back the canonical form."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def location(self, name: str, context: Context) -> Location:
        """The location that a parent or a resource name starts with. Raises INVALID_ARGUMENT or PERMISSION_DENIED."""
        match = _LOCATION.match(name)
        if match is None:
            raise ApiError.invalid(f"{name!r} does not start with projects/PROJECT/locations/LOCATION.", field="name")
        project = self._projects.get(match[1], permission=context.permission, host=context.method.api.host)
        return Location(project, match[2])

    def project(self, number: str) -> Project:
        """The project of a name that is canonical already."""
        project = self._projects.find(number)
        assert project is not None
        return project

    def canonical(self, name: str, context: Context) -> str:
        """`name` with the project's number."""
        location = self.location(name, context)
        match = _LOCATION.match(name)
        assert match is not None
        return location.name + name[match.end() :]
