"""Resource Manager: the projects of this cloud.

Source: google/cloud/resourcemanager/v3/projects.proto, which names the permission of each RPC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.operations import Operations
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Project, Projects, ProjectState
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.iam.policy_calls import PolicyCalls
from labkit.localcloud.services.new_project import NewProjects
from labkit.localcloud.services.resource_manager import project_query, project_rules

_GET = "resourcemanager.projects.get"
_CREATE = "resourcemanager.projects.create"
_UPDATABLE = {"display_name", "labels"}


class ResourceManagerProjects:
    """google.cloud.resourcemanager.v3.Projects. Every operation is done when it is returned."""

    service = "google.cloud.resourcemanager.v3.Projects"

    def __init__(
        self,
        registry: Registry,
        projects: Projects,
        new_projects: NewProjects,
        policies: PolicyCalls,
        operations: Operations,
        ids: Ids,
    ) -> None:
        self._types = registry.package("google.cloud.resourcemanager.v3")
        self._projects = projects
        self._new_projects = new_projects
        self._policies = policies
        self._operations = operations
        self._ids = ids

    @requires(_GET, on="name")
    def GetProject(self, request: Any, context: Context) -> Any:
        return self._message(self._project(request.name, context))

    @requires("resourcemanager.projects.list", on="parent")
    def ListProjects(self, request: Any, context: Context) -> Any:
        """Below a folder or an organization; here is none, so nobody gets as far as this."""
        raise ApiError.denied(context.permission, request.parent, context.method.api.host)

    @open_to_callers("finds only the projects that the caller may get")
    def SearchProjects(self, request: Any, context: Context) -> Any:
        passes = project_query.parse(request.query)
        found = [project for project in self._projects.all() if passes(project) and self._may_get(project, context)]
        part = page(found, size=request.page_size, token=request.page_token)
        return self._types.SearchProjectsResponse(
            projects=[self._message(project) for project in part.items], next_page_token=part.next_token
        )

    @open_to_callers("a person without an organization may create projects; the creator becomes the owner")
    def CreateProject(self, request: Any, context: Context) -> Any:
        given = request.project
        project_rules.check_id(given.project_id)
        project_rules.check_labels(given.labels)
        if given.display_name:
            project_rules.check_display_name(given.display_name)
        if given.parent:
            raise ApiError.denied(_CREATE, given.parent, context.method.api.host)
        if context.principal.is_service_account:
            raise ApiError(Code.PERMISSION_DENIED, "Service accounts cannot create projects without a parent.")
        project = self._new_projects.create(
            given.project_id, context.principal, display_name=given.display_name, labels=dict(given.labels)
        )
        metadata = self._types.CreateProjectMetadata(gettable=True, ready=True)
        metadata.create_time.FromDatetime(project.created)
        return self._done("cp", project, metadata)

    @requires("resourcemanager.projects.update", on="project.name")
    def UpdateProject(self, request: Any, context: Context) -> Any:
        """`display_name` and `labels`; without a mask those that are set."""
        given = request.project
        project = self._active(given.name, context)
        if given.etag and given.etag != project.etag:
            raise ApiError(Code.ABORTED, f"The etag {given.etag!r} is not that of the project. Read it again.")
        changed = _changed(project, given, request.update_mask.paths)
        return self._done("up", self._projects.update(changed), self._types.UpdateProjectMetadata())

    @requires("resourcemanager.projects.move", on="name")
    def MoveProject(self, request: Any, context: Context) -> Any:
        """There is no organization and no folder to move it to."""
        raise ApiError.denied(_CREATE, request.destination_parent, context.method.api.host)

    @requires("resourcemanager.projects.delete", on="name")
    def DeleteProject(self, request: Any, context: Context) -> Any:
        """Shuts the project down; it can be restored for 30 days. Once more does nothing."""
        project = self._project(request.name, context)
        if project.state is ProjectState.ACTIVE:
            project = self._projects.request_deletion(project)
        return self._done("dp", project, self._types.DeleteProjectMetadata())

    @requires("resourcemanager.projects.undelete", on="name")
    def UndeleteProject(self, request: Any, context: Context) -> Any:
        project = self._project(request.name, context)
        if project.state is ProjectState.ACTIVE:
            raise ApiError.precondition(f"Project {project.id} is ACTIVE; only a deleted one can be restored.")
        return self._done("udp", self._projects.restore(project), self._types.UndeleteProjectMetadata())

    @requires("resourcemanager.projects.getIamPolicy", on="resource")
    def GetIamPolicy(self, request: Any, context: Context) -> Any:
        return self._policies.get(request, context)

    @requires("resourcemanager.projects.setIamPolicy", on="resource")
    def SetIamPolicy(self, request: Any, context: Context) -> Any:
        return self._policies.set(request, context)

    @open_to_callers("answers with what the caller may do")
    def TestIamPermissions(self, request: Any, context: Context) -> Any:
        return self._policies.test(request, context)

    def _project(self, name: str, context: Context) -> Project:
        return self._projects.get(
            name.removeprefix("projects/"), permission=context.permission, host=context.method.api.host
        )

    def _active(self, name: str, context: Context) -> Project:
        project = self._project(name, context)
        if project.state is not ProjectState.ACTIVE:
            raise ApiError.precondition(
                f"Project {project.id} is {project.state.value}; restore it before it is changed."
            )
        return project

    def _may_get(self, project: Project, context: Context) -> bool:
        resource = context.access.locate(context.method.api.host, f"projects/{project.id}")
        return context.access.permits(context.principal, _GET, resource)

    def _message(self, project: Project) -> Any:
        message = self._types.Project(
            name=f"projects/{project.number}",
            project_id=project.id,
            display_name=project.display_name,
            state=self._types.Project.State.Value(project.state.value),
            etag=project.etag,
            labels=project.labels,
        )
        for field, time in (("create", project.created), ("update", project.updated), ("delete", project.deleted)):
            if time is not None:
                getattr(message, f"{field}_time").FromDatetime(time)
        return message

    def _done(self, kind: str, project: Project, metadata: Any) -> Any:
        return self._operations.done_as(f"operations/{kind}.{self._ids.numeric()}", self._message(project), metadata)


def _changed(project: Project, given: Any, mask: Sequence[str]) -> Project:
    paths = {path.partition(".")[0] for path in mask} or {field.name for field, _ in given.ListFields()} & _UPDATABLE
    if unknown := paths - _UPDATABLE:
        raise ApiError.invalid(
            f"update_mask names {sorted(unknown)}; only {sorted(_UPDATABLE)} can be changed.", field="update_mask"
        )
    if "display_name" in paths:
        project_rules.check_display_name(given.display_name)
        project = replace(project, display_name=given.display_name)
    if "labels" in paths:
        project_rules.check_labels(given.labels)
        project = replace(project, labels=dict(given.labels))
    return project
