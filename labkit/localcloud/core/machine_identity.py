"""As whom a process runs: what services ask before they start a student's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class MachineIdentities(Protocol):
    """Each service account that something runs as has a metadata server of its own, which gives its tokens only."""

    async def variables(self, email: str) -> Mapping[str, str]:
        """What goes into the environment of a process so that Google's clients and CLIs in it are this account."""
        ...
