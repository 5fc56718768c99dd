"""Resource Manager: the projects of this cloud.

Source: google/cloud/resourcemanager/v3/projects.proto. gcloud still calls v1, which is in no proto.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.requirement import requires


class ResourceManagerProjects:
    """google.cloud.resourcemanager.v3.Projects."""

    service = "google.cloud.resourcemanager.v3.Projects"

    def __init__(self, registry: Registry, projects: Projects) -> None:
        self._types = registry.package("google.cloud.resourcemanager.v3")
        self._projects = projects

    @requires("resourcemanager.projects.get", on="name")
    def GetProject(self, request: Any, context: Context) -> Any:
        project = self._projects.get(
            request.name.removeprefix("projects/"),
            permission="resourcemanager.projects.get",
            host=context.method.api.host,
        )
        types = self._types
        return types.Project(
            name=f"projects/{project.number}",
            project_id=project.id,
            display_name=project.id,
            state=types.Project.State.Value("ACTIVE"),
        )
