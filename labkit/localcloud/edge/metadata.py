"""The metadata server: who a program on this machine is, as on a Workbench instance.

Source: https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys and …/metadata/querying-metadata
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.iam import scopes
from labkit.localcloud.iam.issuer import Issuer, UnusableAccountError
from labkit.localcloud.iam.scopes import CLOUD_PLATFORM

_HEADERS = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
_ROOT = "/computeMetadata/v1/"
_MACHINE_TYPE = "e2-standard-4"

_NOT_FOUND = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n"
    "<p><b>404.</b> <ins>That’s an error.</ins>\n"
    "<p>The requested URL <code>{path}</code> was not found on this server. <ins>That’s all we know.</ins>\n"
)


@dataclass(frozen=True)
class Machine:
    """What the server tells of: one machine in one zone of a project, and the service account attached to it."""

    project: Project
    zone: str
    email: str
    name: str = "labkit"

    @property
    def id(self) -> int:
        """Of 19 digits, as Compute Engine's."""
        return 4_000_000_000_000_000_000 + int(self.project.number)

    def tree(self) -> dict[str, Any]:
        """The keys and values: a dict for a directory, a list for a value of several lines."""
        number = self.project.number
        account = {"aliases": ["default"], "email": self.email, "scopes": [CLOUD_PLATFORM]}
        return {
            "instance": {
                "attributes": {},
                "cpu-platform": "",
                "description": "",
                "hostname": f"{self.name}.{self.zone}.c.{self.project.id}.internal",
                "id": self.id,
                "machine-type": f"projects/{number}/machineTypes/{_MACHINE_TYPE}",
                "name": self.name,
                "region": f"projects/{number}/regions/{self.zone.rpartition('-')[0]}",
                "service-accounts": {"default": account, self.email: account},
                "tags": [],
                "zone": f"projects/{number}/zones/{self.zone}",
            },
            "project": {"attributes": {}, "numeric-project-id": int(number), "project-id": self.project.id},
            "universe": {"universe-domain": "googleapis.com"},
        }


class MetadataServer:
    """Answers for one machine; it gives the tokens of that machine's account and of no other."""

    def __init__(self, machine: Machine, issuer: Issuer, clock: Clock) -> None:
        self._machine = machine
        self._principal = Principal(machine.email)
        self._tree = machine.tree()
        self._issuer = issuer
        self._clock = clock

    def respond(self, request: Request) -> Response:
        """Refuses what a web page or a forwarding proxy could send, as Google's does."""
        if "x-forwarded-for" in request.headers:
            return _text("X-Forwarded-For is not allowed.", 403)
        path: str = request.scope["path"]
        if path == "/":
            return _text("computeMetadata/\n")
        if request.headers.get("metadata-flavor") != "Google":
            return _text("Missing Metadata-Flavor:Google header.", 403)
        if not path.startswith(_ROOT):
            return _not_found(path)
        return self._lookup(path, request.query_params)

    def _lookup(self, path: str, query: Mapping[str, str]) -> Response:
        keys = [key for key in path.removeprefix(_ROOT).split("/") if key]
        if keys[:2] == ["instance", "service-accounts"] and keys[2:3] in (["default"], [self._machine.email]):
            if keys[3:] == ["token"]:
                return self._token(path, query)
            if keys[3:] == ["identity"]:
                return self._identity(path, query)
        value: Any = self._tree
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                return _not_found(path)
            value = value[key]
        return _shown(value, query)

    def _token(self, path: str, query: Mapping[str, str]) -> Response:
        wanted = scopes.parse(query.get("scopes", "")) or (CLOUD_PLATFORM,)
        try:
            issued = self._issuer.access_token(self._principal, scopes=wanted)
        except UnusableAccountError:
            return _not_found(path)
        left = int((issued.expires - self._clock.now()).total_seconds())
        return _json({"access_token": issued.token, "expires_in": left, "token_type": "Bearer"})

    def _identity(self, path: str, query: Mapping[str, str]) -> Response:
        """https://cloud.google.com/compute/docs/instances/verifying-instance-identity"""
        if not query.get("audience"):
            return _text("non-empty audience parameter required\n", 400)
        details = {"google": {"compute_engine": self._instance()}} if query.get("format") == "full" else {}
        try:
            return _text(self._issuer.id_token(self._principal, query["audience"], details=details))
        except UnusableAccountError:
            return _not_found(path)

    def _instance(self) -> dict[str, Any]:
        machine = self._machine
        return {
            "instance_id": str(machine.id),
            "instance_name": machine.name,
            "project_id": machine.project.id,
            "project_number": int(machine.project.number),
            "zone": machine.zone,
        }


def _shown(value: Any, query: Mapping[str, str]) -> Response:
    """A directory is listed, or given whole as JSON where `recursive` is asked for; a value is given as it is."""
    is_directory = isinstance(value, dict)
    recursive = query.get("recursive", "").lower() == "true"
    if (is_directory and recursive and query.get("alt") != "text") or (not is_directory and query.get("alt") == "json"):
        return _json(_camel(value))
    if is_directory:
        return _text("".join(_lines(value)) if recursive else "".join(_listed(value)))
    return _text("".join(f"{line}\n" for line in value) if isinstance(value, list) else str(value))


def _listed(directory: Mapping[str, Any]) -> list[str]:
    # Google's ends the name of a directory with a slash, and shows in an account what can be asked of it as well.
    names = [f"{key}/" if isinstance(value, dict) else key for key, value in directory.items()]
    names += ["identity", "token"] if "scopes" in directory else []
    return [f"{name}\n" for name in names]


def _lines(directory: Mapping[str, Any], prefix: str = "") -> list[str]:
    """`alt=text`: a line for each value."""
    lines = []
    for key, value in directory.items():
        if isinstance(value, dict):
            lines += _lines(value, f"{prefix}{key}/")
        else:
            lines += [f"{prefix}{key} {each}\n" for each in (value if isinstance(value, list) else [value])]
    return lines


def _camel(value: Any) -> Any:
    """JSON has serviceAccounts where a path has service-accounts; an account's address stays as it is."""
    if not isinstance(value, dict):
        return value
    return {key if "@" in key else _camel_key(key): _camel(inner) for key, inner in value.items()}


def _camel_key(key: str) -> str:
    first, *rest = key.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _json(value: Any) -> Response:
    return Response(json.dumps(value), headers=_HEADERS, media_type="application/json")


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, headers=_HEADERS, media_type="application/text")


def _not_found(path: str) -> Response:
    page = _NOT_FOUND.format(path=html.escape(path))
    return Response(page, 404, headers=_HEADERS, media_type="text/html")
