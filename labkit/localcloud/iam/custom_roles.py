"""Roles that a project's people make: https://cloud.google.com/iam/docs/creating-custom-roles."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.etags import next_etag
from labkit.localcloud.iam.role import Role, Stage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS custom_roles (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;
"""

# A deleted role can be had back for a week; its id is free again after 30 more days.
_UNDELETABLE = timedelta(days=7)
_FREE_AGAIN = timedelta(days=37)

_ROLE_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")
_LONGEST_TITLE = 100
_LONGEST_DESCRIPTION = 300
_MOST_PERMISSIONS = 3000

# Above a project, so that no custom role of a project may have them.
_NOT_IN_A_PROJECT = re.compile(
    r"resourcemanager\.((folders|organizations)\..*|projects\.(create|list|move))|billing\..*"
)


@dataclass(frozen=True)
class _Kept:
    role: Role
    deleted: datetime | None


class CustomRoles:
    """Keyed by name, "projects/ID/roles/ROLE_ID". Every change gives a role a new etag."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        store.create(_SCHEMA)

    def find(self, name: str) -> Role | None:
        """The role, deleted or not; None once its id is free again."""
        kept = self._kept(name)
        return kept.role if kept else None

    def get(self, name: str) -> Role:
        """Raises NOT_FOUND."""
        role = self.find(name)
        if role is None:
            raise ApiError.not_found(f"The role named {name} was not found.")
        return role

    def of(self, parent: str) -> list[Role]:
        """All of a parent, "projects/ID", by name, the deleted ones among them."""
        prefix = f"{parent}/roles/"
        rows = self._store.connection.execute(
            "SELECT name FROM custom_roles WHERE name >= ? AND name < ? ORDER BY name", (prefix, prefix + "\U0010ffff")
        ).fetchall()
        return [role for row in rows if (role := self.find(row["name"]))]

    def create(self, role: Role, known: Collection[str]) -> Role:
        """`known` are the permissions there are. Raises ALREADY_EXISTS, FAILED_PRECONDITION for one deleted lately."""
        parent, _, role_id = role.name.partition("/roles/")
        if not _ROLE_ID.fullmatch(role_id):
            raise ApiError.invalid(
                f"The role ID {role_id!r} is not valid: it takes 3 to 64 letters, digits, underscores and periods.",
                field="role_id",
            )
        check_role(role, known)
        with self._store.transaction():
            old = self.find(role.name)
            if old is not None and old.deleted:
                raise ApiError.precondition(
                    f"You can't create a role_id ({role_id}) which has been marked for deletion."
                )
            if old is not None:
                raise ApiError.already_exists(f"A role named {role_id} in {parent} already exists.")
            return self._keep(replace(role, etag=b"", deleted=False), None)

    def update(self, role: Role, known: Collection[str], etag: bytes) -> Role:
        """Replaces the role of the same name. Raises ABORTED for a stale etag; an empty one is not compared."""
        check_role(role, known)
        with self._store.transaction():
            old = self._current(role.name, etag)
            if old.deleted:
                raise ApiError.precondition(f"The role {role.name} is marked for deletion. Undelete it first.")
            return self._keep(replace(role, etag=old.etag, deleted=False), None)

    def delete(self, name: str, etag: bytes) -> Role:
        """Its bindings stay, and grant nothing while it is deleted."""
        with self._store.transaction():
            old = self._current(name, etag)
            if old.deleted:
                raise ApiError.precondition(f"The role {name} is already marked for deletion.")
            return self._keep(replace(old, deleted=True), self._clock.now())

    def undelete(self, name: str, etag: bytes) -> Role:
        """Raises FAILED_PRECONDITION for a role that is not deleted, or has been so for more than a week."""
        with self._store.transaction():
            old = self._current(name, etag)
            kept = self._kept(name)
            if kept is None or kept.deleted is None:
                raise ApiError.precondition(f"The role {name} is not deleted.")
            if self._clock.now() - kept.deleted > _UNDELETABLE:
                raise ApiError.precondition(
                    f"The role {name} was deleted more than {_UNDELETABLE.days} days ago and cannot be undeleted."
                )
            return self._keep(replace(old, deleted=False), None)

    def _kept(self, name: str) -> _Kept | None:
        row = self._store.connection.execute("SELECT body FROM custom_roles WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        kept = _parse(name, row["body"])
        return None if kept.deleted and self._clock.now() - kept.deleted > _FREE_AGAIN else kept

    def _current(self, name: str, etag: bytes) -> Role:
        role = self.get(name)
        if etag and etag != role.etag:
            raise ApiError(
                Code.ABORTED, f"The role {name} was changed since its etag was read. Read it again and retry."
            )
        return role

    def _keep(self, role: Role, deleted: datetime | None) -> Role:
        role = replace(role, etag=next_etag(role.etag, self._clock.now()))
        self._store.connection.execute(
            "INSERT INTO custom_roles VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            (role.name, _to_json(_Kept(role, deleted))),
        )
        return role


def check_role(role: Role, known: Collection[str]) -> None:
    """Raises INVALID_ARGUMENT for a permission that a project's custom role cannot have, and for texts too long."""
    for permission in sorted(role.permissions):
        if permission not in known or not in_custom_roles(permission):
            raise ApiError.invalid(f"Permission {permission} is not valid.")
    if len(role.permissions) > _MOST_PERMISSIONS:
        raise ApiError.invalid(f"A role has at most {_MOST_PERMISSIONS} permissions, not {len(role.permissions)}.")
    if len(role.title) > _LONGEST_TITLE or len(role.description) > _LONGEST_DESCRIPTION:
        raise ApiError.invalid(
            f"A title has at most {_LONGEST_TITLE} characters, a description {_LONGEST_DESCRIPTION}; "
            f"these have {len(role.title)} and {len(role.description)}."
        )


def in_custom_roles(permission: str) -> bool:
    """Whether a project's custom role may have it."""
    return not _NOT_IN_A_PROJECT.fullmatch(permission)


def _to_json(kept: _Kept) -> str:
    role = kept.role
    return json.dumps(
        {
            "title": role.title,
            "description": role.description,
            "stage": role.stage.value,
            "permissions": sorted(role.permissions),
            "etag": base64.b64encode(role.etag).decode(),
            "deleted": kept.deleted.isoformat() if kept.deleted else None,
        }
    )


@lru_cache(maxsize=1024)
def _parse(name: str, body: str) -> _Kept:
    value: dict[str, Any] = json.loads(body)
    deleted = datetime.fromisoformat(value["deleted"]) if value["deleted"] else None
    role = Role(
        name,
        frozenset(value["permissions"]),
        value["title"],
        value["description"],
        Stage(value["stage"]),
        base64.b64decode(value["etag"]),
        deleted is not None,
    )
    return _Kept(role, deleted)
