"""The metadata server: who a program on this machine is, as on a Workbench instance.

Source: https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project
from labkit.localcloud.iam.tokens import CLOUD_PLATFORM, LIFETIME, Tokens

_HEADERS = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
_ROOT = "/computeMetadata/v1/"


class MetadataServer:
    """Answers for one machine in one zone of the student's project."""

    def __init__(self, project: Project, zone: str, tokens: Tokens) -> None:
        self._email = project.default_service_account
        self._tokens = tokens
        account = {"aliases": ["default"], "email": self._email, "scopes": [CLOUD_PLATFORM]}
        self._values = {
            "project/project-id": project.id,
            "project/numeric-project-id": project.number,
            "instance/zone": f"projects/{project.number}/zones/{zone}",
            "instance/region": f"projects/{project.number}/regions/{zone.rpartition('-')[0]}",
            "instance/name": "labkit",
            "instance/attributes/": "",
            "universe/universe-domain": "googleapis.com",
            "instance/service-accounts/": f"default/\n{self._email}/\n",
            **{
                f"instance/service-accounts/{name}/{leaf}": value
                for name in ("default", self._email)
                for leaf, value in {
                    "": json.dumps(account),
                    "email": self._email,
                    "scopes": f"{CLOUD_PLATFORM}\n",
                    "aliases": "default\n",
                }.items()
            },
        }

    def respond(self, request: Request) -> Response:
        """Refuses what a web page or a forwarding proxy could send, as Google's does."""
        if "x-forwarded-for" in request.headers:
            return self._text("X-Forwarded-For is not allowed.", 403)
        path: str = request.scope["path"]
        if path == "/":
            return self._text("computeMetadata/\n")
        if request.headers.get("metadata-flavor") != "Google":
            return self._text("Missing Metadata-Flavor:Google header.", 403)
        return self._lookup(path.removeprefix(_ROOT))

    def _lookup(self, key: str) -> Response:
        if key.startswith("instance/service-accounts/") and key.endswith("/token"):
            account = key.split("/")[2]
            if account in {"default", self._email}:
                return self._token()
        value = self._values.get(key, self._values.get(f"{key.rstrip('/')}/"))
        if value is None:
            return self._text(f"The metadata key {key!r} does not exist.", 404)
        if value.startswith("{"):
            return Response(value, headers=_HEADERS, media_type="application/json")
        return self._text(value)

    def _token(self) -> Response:
        token = {
            "access_token": self._tokens.mint(Principal(self._email)),
            "expires_in": int(LIFETIME.total_seconds()),
            "token_type": "Bearer",
        }
        return Response(json.dumps(token), headers=_HEADERS, media_type="application/json")

    def _text(self, text: str, status: int = 200) -> Response:
        return Response(text, status, headers=_HEADERS, media_type="application/text")
