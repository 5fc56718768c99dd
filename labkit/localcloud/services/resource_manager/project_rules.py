"""What a project may be called. Source: the comments of google/cloud/resourcemanager/v3/projects.proto."""

from __future__ import annotations

import re
from collections.abc import Mapping

from labkit.localcloud.errors import ApiError

_ID = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_DISPLAY_NAME = re.compile(r"""[A-Za-z0-9\-'" !]{4,30}""")
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS = 64

# https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin
_RESTRICTED = ("google", "null", "undefined", "ssl")


def check_id(project_id: str) -> None:
    """Raises INVALID_ARGUMENT in Google's words."""
    if len(project_id) < 6:
        raise _issue("project_id", "project_id must be at least 6 characters long")
    if len(project_id) > 30:
        raise _issue("project_id", "project_id must be at most 30 characters long")
    if not _ID.fullmatch(project_id):
        raise _issue("project_id", "project_id contains invalid characters")
    if any(word in project_id for word in _RESTRICTED):
        raise _issue("project_id", "project_id contains a restricted string")


def check_display_name(name: str) -> None:
    """Raises INVALID_ARGUMENT."""
    if not _DISPLAY_NAME.fullmatch(name):
        raise _issue(
            "display_name",
            "display_name must have 4 to 30 letters, digits, hyphens, quotes, spaces, exclamation points",
        )


def check_labels(labels: Mapping[str, str]) -> None:
    """Raises INVALID_ARGUMENT."""
    if len(labels) > _MOST_LABELS:
        raise _issue("labels", f"no more than {_MOST_LABELS} labels can be set")
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            raise _issue("labels", f"label key {key!r} must match {_LABEL_KEY.pattern}")
        if not _LABEL_VALUE.fullmatch(value):
            raise _issue("labels", f"label value {value!r} must match {_LABEL_VALUE.pattern}")


def _issue(field: str, issue: str) -> ApiError:
    return ApiError.invalid(f"field [{field}] has issue [{issue}]", field=field)
