"""May they? What dispatch and handlers ask of IAM before anything is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from labkit.localcloud.core.identity import Principal


@dataclass(frozen=True)
class Resource:
    """What a permission is asked for.

    `service` and `name` are the two parts of a full resource name, "storage.googleapis.com" and
    "projects/_/buckets/b/objects/o"; with `type`, "storage.googleapis.com/Object", they are what conditions read.
    `project` is the id of the project it belongs to, empty where none of this cloud is. `api_attributes` are what the
    API tells conditions of the request, by their full names: "storage.googleapis.com/objectListPrefix".
    What is `closed_to_public` is not open to allUsers and allAuthenticatedUsers, whatever policies say.
    """

    service: str
    name: str
    type: str = ""
    project: str = ""
    api_attributes: Mapping[str, str] = field(default_factory=dict, compare=False)
    closed_to_public: bool = False

    @property
    def full_name(self) -> str:
        """As policies are kept under: https://cloud.google.com/iam/docs/full-resource-names"""
        return f"//{self.service}/{self.name}"


class Access(Protocol):
    """The decisions of IAM."""

    def locate(self, service: str, name: str) -> Resource:
        """The resource of this name; one in a project that does not exist is nobody's."""
        ...

    def permits(self, principal: Principal, permission: str, resource: Resource) -> bool: ...

    def require(self, principal: Principal, permission: str, resource: Resource) -> None:
        """Raises PERMISSION_DENIED in Google's words, which are the same for what is not there."""
        ...

    def is_any_of(self, principal: Principal, members: Collection[str]) -> bool:
        """Whether the caller is one of these, as policies write them: "user:…", "projectOwner:ID", "allUsers"."""
        ...
