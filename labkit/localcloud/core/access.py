"""May they? What dispatch and handlers ask of IAM before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from labkit.localcloud.core.identity import Principal


@dataclass(frozen=True)
class Resource:
    """What a permission is asked for.

    `service` and `name` are the two parts of a full resource name, "storage.googleapis.com" and
    "projects/_/buckets/b/objects/o"; with `type`, "storage.googleapis.com/Object", they are what conditions read.
    `project` is the id of the project it belongs to, empty where none of this cloud is.
    """

    service: str
    name: str
    type: str = ""
    project: str = ""

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
