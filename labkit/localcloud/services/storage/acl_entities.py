"""The entities of access control lists, and the members of policies they stand for.

The list of a bucket is a view of its policy's legacy roles, so both ways are needed.
Source: https://cloud.google.com/storage/docs/access-control/lists#scopes
"""

from __future__ import annotations

import re

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import acls

_TEAM = re.compile(r"project-(?P<team>owners|editors|viewers)-(?P<project>.+)")
_NAMED = re.compile(r"(?P<kind>user|group|domain)-(?P<value>.+)")
_TEAM_MEMBERS = {"owners": "projectOwner", "editors": "projectEditor", "viewers": "projectViewer"}
_PUBLIC = {entity.lower(): entity for entity in acls.PUBLIC}
_TEAMS = {member: team for team, member in _TEAM_MEMBERS.items()}


class AclEntities:
    """Lists name a project by its number, policies by its id."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._ids: dict[str, str] = {}

    def project_id(self, number: str) -> str:
        """Of the project with this number, which never changes; empty where none of this cloud has it."""
        if number not in self._ids:
            project = self._projects.find(number)
            if project is None:
                return ""
            self._ids[number] = project.id
        return self._ids[number]

    def normalised(self, text: str) -> str:
        """As Cloud Storage keeps an entity: addresses in lower case. Raises INVALID_ARGUMENT for what is none."""
        # gcloud's documentation writes AllUsers.
        if public := _PUBLIC.get(text.lower()):
            return public
        if _NAMED.fullmatch(text):
            return text.lower()
        team = _TEAM.fullmatch(text)
        if team is None:
            raise ApiError.invalid(f'Scope text "{text}" is not valid.')
        project = self._projects.find(team["project"])
        if project is None:
            raise ApiError.invalid(f"Could not parse access control entity: unknown project '{team['project']}'.")
        return f"project-{team['team']}-{project.number}"

    def member_of(self, entity: str) -> str:
        """
        >>> AclEntities(projects).member_of("user-a@p.iam.gserviceaccount.com")  # doctest: +SKIP
        'serviceAccount:a@p.iam.gserviceaccount.com'
        """
        if team := _TEAM.fullmatch(entity):
            number = team["project"]
            return f"{_TEAM_MEMBERS[team['team']]}:{self.project_id(number) or number}"
        if named := _NAMED.fullmatch(entity):
            return Principal(named["value"]).member if named["kind"] == "user" else f"{named['kind']}:{named['value']}"
        return entity

    def entity_of(self, member: str) -> str:
        """Empty for a member no list can name, as a deleted account."""
        kind, _, value = member.partition(":")
        if member in acls.PUBLIC:
            return member
        if kind in ("user", "serviceAccount"):
            return acls.user(value)
        if kind in ("group", "domain"):
            return f"{kind}-{value}"
        if kind in _TEAMS:
            project = self._projects.find(value)
            return f"project-{_TEAMS[kind]}-{project.number if project else value}"
        return ""
