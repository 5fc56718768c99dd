"""Is the API on? What dispatch asks of Service Usage before a call."""

from __future__ import annotations

from typing import Protocol


class ServiceState(Protocol):
    """Which APIs each project has enabled."""

    def require_enabled(self, project: str, service: str) -> None:
        """`project` is an id, `service` a host such as "aiplatform.googleapis.com".

        Raises PERMISSION_DENIED with the reason SERVICE_DISABLED.
        """
        ...
