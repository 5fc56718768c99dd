"""The roles of google.iam.admin.v1.IAM. Source: google/iam/admin/v1/iam.proto."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.custom_roles import in_custom_roles
from labkit.localcloud.iam.grantable import is_grantable
from labkit.localcloud.iam.hierarchy import PROJECTS_SERVICE
from labkit.localcloud.iam.role import Role, Stage
from labkit.localcloud.iam.roles import Roles

# Pages of roles and of permissions: iam.proto, ListRolesRequest.page_size and its like.
_PAGE = 300
_LARGEST_PAGE = 1000
_PAGE_OF_PERMISSIONS = 100

_UPDATABLE = ("title", "description", "included_permissions", "stage")


class RoleCalls:
    """Anybody may read the predefined roles; custom ones are guarded by their project."""

    def __init__(self, registry: Registry, roles: Roles) -> None:
        self._role_types = registry.package("google.iam.admin.v1")
        self._roles = roles

    @open_to_callers("predefined roles are public; for a project's own the permission is asked below")
    def ListRoles(self, request: Any, context: Context) -> Any:
        if request.parent:
            resource = _required("iam.roles.list", request.parent, context)
            roles = self._roles.custom.of(f"projects/{resource.project}")
        else:
            roles = list(self._roles.all_predefined())
        shown = [role for role in roles if request.show_deleted or not role.deleted]
        return self._role_page(self._role_types.ListRolesResponse, shown, request)

    @open_to_callers("predefined roles are public; for a project's own the permission is asked below")
    def GetRole(self, request: Any, context: Context) -> Any:
        if request.name.startswith("roles/"):
            return self._message(self._roles.get(request.name))
        resource = _required("iam.roles.get", request.name, context)
        return self._message(self._roles.custom.get(_canonical(request.name, resource)))

    @requires("iam.roles.create", on="parent")
    def CreateRole(self, request: Any, context: Context) -> Any:
        resource = context.access.locate(context.method.api.host, request.parent)
        name = f"projects/{resource.project}/roles/{request.role_id}"
        role = self._role(name, request.role)
        return self._message(self._roles.custom.create(role, self._roles.predefined.permission_set))

    @requires("iam.roles.update", on="name")
    def UpdateRole(self, request: Any, context: Context) -> Any:
        """Without a mask, the fields that are set."""
        old = self._roles.custom.get(self._located(request, context))
        given = self._role(old.name, request.role)
        paths = set(request.update_mask.paths) or {field.name for field, _ in request.role.ListFields()} & {*_UPDATABLE}
        if not paths <= {*_UPDATABLE}:
            raise ApiError.invalid(
                f"The update mask {', '.join(sorted(paths))} may name {', '.join(_UPDATABLE)}.", field="update_mask"
            )
        role = replace(
            old,
            title=given.title if "title" in paths else old.title,
            description=given.description if "description" in paths else old.description,
            permissions=given.permissions if "included_permissions" in paths else old.permissions,
            stage=given.stage if "stage" in paths else old.stage,
        )
        known = self._roles.predefined.permission_set
        return self._message(self._roles.custom.update(role, known, request.role.etag))

    @requires("iam.roles.delete", on="name")
    def DeleteRole(self, request: Any, context: Context) -> Any:
        return self._message(self._roles.custom.delete(self._located(request, context), request.etag))

    @requires("iam.roles.undelete", on="name")
    def UndeleteRole(self, request: Any, context: Context) -> Any:
        return self._message(self._roles.custom.undelete(self._located(request, context), request.etag))

    @open_to_callers("predefined roles are public")
    def QueryGrantableRoles(self, request: Any, context: Context) -> Any:
        resource = _full_resource(request.full_resource_name, context)
        roles = [role for role in self._roles.all_predefined() if is_grantable(role, resource)]
        return self._role_page(self._role_types.QueryGrantableRolesResponse, roles, request)

    @open_to_callers("the permissions there are are public")
    def QueryTestablePermissions(self, request: Any, context: Context) -> Any:
        """Those that mean something on the resource: all on a project, those of its service elsewhere."""
        resource = _full_resource(request.full_resource_name, context)
        prefix = "" if resource.service == PROJECTS_SERVICE else f"{resource.service.partition('.')[0]}."
        names = [name for name in self._roles.predefined.permissions if name.startswith(prefix)]
        part = page(
            names,
            size=request.page_size,
            token=request.page_token,
            default=_PAGE_OF_PERMISSIONS,
            largest=_LARGEST_PAGE,
        )
        types = self._role_types
        return types.QueryTestablePermissionsResponse(
            permissions=[self._permission(name) for name in part.items], next_page_token=part.next_token
        )

    def _located(self, request: Any, context: Context) -> str:
        return _canonical(request.name, context.access.locate(context.method.api.host, request.name))

    def _role_page(self, kind: Any, roles: Sequence[Role], request: Any) -> Any:
        part = page(roles, size=request.page_size, token=request.page_token, default=_PAGE, largest=_LARGEST_PAGE)
        full = request.view == self._role_types.RoleView.Value("FULL")
        messages = [self._message(role if full else replace(role, permissions=frozenset())) for role in part.items]
        return kind(roles=messages, next_page_token=part.next_token)

    def _role(self, name: str, message: Any) -> Role:
        stages = self._role_types.Role.RoleLaunchStage
        return Role(
            name,
            frozenset(message.included_permissions),
            message.title,
            message.description,
            Stage(stages.Name(message.stage)),
        )

    def _message(self, role: Role) -> Any:
        types = self._role_types
        return types.Role(
            name=role.name,
            title=role.title,
            description=role.description,
            included_permissions=sorted(role.permissions),
            stage=types.Role.RoleLaunchStage.Value(role.stage.value),
            etag=role.etag,
            deleted=role.deleted,
        )

    def _permission(self, name: str) -> Any:
        types = self._role_types
        level = "SUPPORTED" if in_custom_roles(name) else "NOT_SUPPORTED"
        return types.Permission(
            name=name,
            stage=types.Permission.PermissionLaunchStage.Value("GA"),
            custom_roles_support_level=types.Permission.CustomRolesSupportLevel.Value(level),
        )


def _required(permission: str, name: str, context: Context) -> Resource:
    resource = context.access.locate(context.method.api.host, name)
    context.access.require(context.principal, permission, resource)
    return resource


def _canonical(name: str, resource: Resource) -> str:
    """By the project's id, whichever of its names the caller used."""
    return f"projects/{resource.project}/roles/{name.rpartition('/roles/')[2]}"


def _full_resource(name: str, context: Context) -> Resource:
    service, slash, rest = name.removeprefix("//").partition("/")
    if not name.startswith("//") or not slash or not rest:
        raise ApiError.invalid(
            f"{name!r} is no full resource name, such as //cloudresourcemanager.googleapis.com/projects/PROJECT_ID.",
            field="full_resource_name",
        )
    return context.access.locate(service, rest)
