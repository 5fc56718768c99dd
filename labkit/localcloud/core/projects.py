"""Which projects this cloud has. Names of others are refused as Google refuses them: denied, or not there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError

# The number of a new local cloud's first project: the same on every machine, so that names in logs and lessons are too.
FIRST_NUMBER = "100000000001"

# https://cloud.google.com/resource-manager/docs/creating-managing-projects#shutting_down_projects
_PURGED_AFTER = timedelta(days=30)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    labels TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    deleted TEXT,
    etag TEXT NOT NULL
);
"""


class ProjectState(Enum):
    """The values are Resource Manager's names."""

    ACTIVE = "ACTIVE"
    DELETE_REQUESTED = "DELETE_REQUESTED"


@dataclass(frozen=True)
class Project:
    """`id` is what people type, `number` what Google's own replies often use instead.

    `deleted` is when its deletion was asked for. It has no parent: there is no organization in this cloud.
    """

    id: str
    number: str
    display_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    etag: str = ""

    @property
    def state(self) -> ProjectState:
        return ProjectState.DELETE_REQUESTED if self.deleted else ProjectState.ACTIVE

    @property
    def default_service_account(self) -> str:
        """Compute Engine's default service account: the identity of a Workbench instance."""
        return f"{self.number}-compute@developer.gserviceaccount.com"


class Projects:
    """The projects of the cloud, by id or by number; `default` is the id of the student's own."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, default: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._default = default
        store.create(_SCHEMA)

    @property
    def default(self) -> Project:
        """The student's project."""
        project = self.find(self._default)
        assert project is not None, f"the project {self._default!r} is made before anyone asks for it"
        return project

    def find(self, id_or_number: str) -> Project | None:
        """A project whose deletion was requested is found for 30 days more."""
        rows = self._store.lookup("SELECT * FROM projects WHERE id = ? OR number = ?", (id_or_number, id_or_number))
        project = _project(rows[0]) if rows else None
        return None if project is None or self._is_purged(project) else project

    def get(self, id_or_number: str, *, permission: str, host: str) -> Project:
        """Raises PERMISSION_DENIED, as Google does for a project that is not there or not yours."""
        project = self.find(id_or_number)
        if project is None:
            raise ApiError.denied(permission, f"projects/{id_or_number}", host)
        return project

    def all(self) -> list[Project]:
        """In the order they were made; those whose deletion was requested among them."""
        rows = self._store.connection.execute("SELECT * FROM projects ORDER BY sequence").fetchall()
        return [project for row in rows if not self._is_purged(project := _project(row))]

    def create(self, project_id: str, *, display_name: str = "", labels: Mapping[str, str] | None = None) -> Project:
        """Raises ALREADY_EXISTS for an id that is taken, which it stays after the project is gone."""
        with self._store.transaction() as connection:
            taken = {row["id"] for row in connection.execute("SELECT id FROM projects")}
            if project_id in taken:
                raise ApiError.already_exists("Requested entity already exists")
            now = self._clock.now()
            project = Project(
                id=project_id,
                number=self._ids.numeric(12) if taken else FIRST_NUMBER,
                display_name=display_name or project_id,
                labels=dict(labels or {}),
                created=now,
                updated=now,
                etag=self._new_etag(),
            )
            connection.execute(
                "INSERT INTO projects (id, number, display_name, labels, created, updated, deleted, etag)"
                " VALUES (:id, :number, :display_name, :labels, :created, :updated, :deleted, :etag)",
                _columns(project),
            )
        return project

    def update(self, changed: Project) -> Project:
        """Keep `changed` in place of the project with its id; gives it a new etag and time."""
        project = replace(changed, updated=self._clock.now(), etag=self._new_etag())
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE projects SET display_name = :display_name, labels = :labels, updated = :updated,"
                " deleted = :deleted, etag = :etag WHERE id = :id",
                _columns(project),
            )
        return project

    def request_deletion(self, project: Project) -> Project:
        return self.update(replace(project, deleted=self._clock.now()))

    def restore(self, project: Project) -> Project:
        return self.update(replace(project, deleted=None))

    def _is_purged(self, project: Project) -> bool:
        return project.deleted is not None and self._clock.now() - project.deleted >= _PURGED_AFTER

    def _new_etag(self) -> str:
        return f'W/"{self._ids.opaque()[:16]}"'


def _columns(project: Project) -> dict[str, str | None]:
    return {
        "id": project.id,
        "number": project.number,
        "display_name": project.display_name,
        "labels": json.dumps(dict(project.labels)),
        "created": _text(project.created),
        "updated": _text(project.updated),
        "deleted": _text(project.deleted),
        "etag": project.etag,
    }


def _project(row: sqlite3.Row) -> Project:
    return Project(
        id=row["id"],
        number=row["number"],
        display_name=row["display_name"],
        labels=json.loads(row["labels"]),
        created=_time(row["created"]),
        updated=_time(row["updated"]),
        deleted=_time(row["deleted"]),
        etag=row["etag"],
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
