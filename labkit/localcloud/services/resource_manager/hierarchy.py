"""Organizations and folders, of which a personal account has none: searches are empty, all else is refused.

Source: google/cloud/resourcemanager/v3/organizations.proto and folders.proto.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError


class Organizations:
    """google.cloud.resourcemanager.v3.Organizations."""

    service = "google.cloud.resourcemanager.v3.Organizations"

    def __init__(self, registry: Registry) -> None:
        self._types = registry.package("google.cloud.resourcemanager.v3")

    @requires("resourcemanager.organizations.get", on="name")
    def GetOrganization(self, request: Any, context: Context) -> Any:
        raise ApiError.denied(context.permission, request.name, context.method.api.host)

    @open_to_callers("there is none to see")
    def SearchOrganizations(self, request: Any, context: Context) -> Any:
        return self._types.SearchOrganizationsResponse()


class Folders:
    """google.cloud.resourcemanager.v3.Folders."""

    service = "google.cloud.resourcemanager.v3.Folders"

    def __init__(self, registry: Registry) -> None:
        self._types = registry.package("google.cloud.resourcemanager.v3")

    @requires("resourcemanager.folders.get", on="name")
    def GetFolder(self, request: Any, context: Context) -> Any:
        raise ApiError.denied(context.permission, request.name, context.method.api.host)

    @requires("resourcemanager.folders.list", on="parent")
    def ListFolders(self, request: Any, context: Context) -> Any:
        raise ApiError.denied(context.permission, request.parent, context.method.api.host)

    @open_to_callers("there is none to see")
    def SearchFolders(self, request: Any, context: Context) -> Any:
        return self._types.SearchFoldersResponse()
