"""Which projects this cloud has. Names of others are refused as Google refuses them: denied, or not there."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.errors import ApiError


@dataclass(frozen=True)
class Project:
    """`id` is what people type, `number` what Google's own replies often use instead."""

    id: str
    number: str

    @property
    def default_service_account(self) -> str:
        """Compute Engine's default service account: the identity of a Workbench instance."""
        return f"{self.number}-compute@developer.gserviceaccount.com"


class Projects:
    """The projects of the cloud, by id or by number."""

    def __init__(self, *projects: Project) -> None:
        self._by_key = {key: project for project in projects for key in (project.id, project.number)}

    @property
    def default(self) -> Project:
        """The student's project."""
        return next(iter(self._by_key.values()))

    def find(self, id_or_number: str) -> Project | None:
        return self._by_key.get(id_or_number)

    def get(self, id_or_number: str, *, permission: str, host: str) -> Project:
        """Raises PERMISSION_DENIED, as Google does for a project that is not there or not yours."""
        project = self.find(id_or_number)
        if project is None:
            raise ApiError.denied(permission, f"projects/{id_or_number}", host)
        return project
