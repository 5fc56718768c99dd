"""A role: a name for a set of permissions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# The etag of every predefined role, as Google's API gives it: "AA==".
PREDEFINED_ETAG = b"\x00"


class Stage(Enum):
    """How far a role is; the values are the names of google.iam.admin.v1.Role.RoleLaunchStage."""

    ALPHA = "ALPHA"
    BETA = "BETA"
    GA = "GA"
    DEPRECATED = "DEPRECATED"
    DISABLED = "DISABLED"
    EAP = "EAP"


@dataclass(frozen=True)
class Role:
    """`name` is "roles/storage.objectViewer", or "projects/ID/roles/…" of a custom one; `title` may not be known."""

    name: str
    permissions: frozenset[str]
    title: str = ""
    description: str = ""
    stage: Stage = Stage.GA
    etag: bytes = PREDEFINED_ETAG
    deleted: bool = False

    @property
    def grants(self) -> bool:
        """Whether its bindings count; those of a disabled or a deleted role stay, and grant nothing."""
        return not self.deleted and self.stage is not Stage.DISABLED
