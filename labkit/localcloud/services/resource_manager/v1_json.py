"""Resource Manager v1 in the terms of v3: v1 is in no proto, and says the same in other words.

Source: https://cloud.google.com/resource-manager/reference/rest/v1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from labkit.localcloud.errors import ApiError

_V1_PROJECT = "type.googleapis.com/google.cloudresourcemanager.v1.Project"
_V1_STATUS = "type.googleapis.com/google.cloudresourcemanager.v1.ProjectCreationStatus"
_PARENTS = {"organization": "organizations", "folder": "folders"}


def project(message: Any) -> dict[str, Any]:
    """A v3 Project message as v1's JSON."""
    value: dict[str, Any] = {
        "projectNumber": message.name.removeprefix("projects/"),
        "projectId": message.project_id,
        "lifecycleState": type(message).State.Name(message.state),
        "name": message.display_name,
        "createTime": message.create_time.ToJsonString(),
    }
    if message.labels:
        value["labels"] = dict(message.labels)
    return value


def v3_project(value: Mapping[str, Any]) -> dict[str, Any]:
    """v1's JSON of a project, as a caller sends it, as the JSON of v3. Raises INVALID_ARGUMENT."""
    given: dict[str, Any] = {}
    if "projectId" in value:
        given["projectId"] = value["projectId"]
    if "name" in value:
        given["displayName"] = value["name"]
    if "labels" in value:
        given["labels"] = value["labels"]
    parent = value.get("parent")
    if parent:
        given["parent"] = _parent(parent)
    return given


def operation(message: Any, project_message: Any, metadata: Any) -> dict[str, Any]:
    """An operation that ended with a v3 Project, as v1's; both messages are what the operation's fields hold."""
    return {
        "name": message.name,
        "metadata": {
            "@type": _V1_STATUS,
            "createTime": metadata.create_time.ToJsonString(),
            "gettable": metadata.gettable,
            "ready": metadata.ready,
        },
        "done": message.done,
        "response": {"@type": _V1_PROJECT, **project(project_message)},
    }


def message_json(message: Any, pool: Any) -> dict[str, Any]:
    """What v1 and v3 say alike: policies, permissions."""
    value: dict[str, Any] = json_format.MessageToDict(message, descriptor_pool=pool)
    return value


def _parent(parent: Any) -> str:
    if not isinstance(parent, dict) or parent.get("type") not in _PARENTS:
        raise ApiError.invalid(
            f"parent is {parent!r}. It has a type, organization or folder, and an id.", field="parent"
        )
    return f"{_PARENTS[parent['type']]}/{parent.get('id', '')}"
