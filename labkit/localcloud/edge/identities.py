"""The administration of users: what stands in for a person who signs in with a browser."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.iam.issuer import Issuer
from labkit.localcloud.services.new_project import STUDENT, TEACHER
from labkit.localcloud.services.oauth.client import CLIENT_ID, authorized_user

_ADDRESS = re.compile(r"[^@\s]+@[a-z0-9.-]+")
_NAMED = {"student": STUDENT, "teacher": TEACHER}


class Identities:
    """`POST /labkit/identities` takes `{"user": "student"}`, or an address: the reply is that user's ADC file."""

    def __init__(self, issuer: Issuer, projects: Projects) -> None:
        self._issuer = issuer
        self._projects = projects

    async def respond(self, request: Request) -> Response:
        if request.method != "POST":
            return JSONResponse({"error": f"There is no {request.method} {request.scope['path']}."}, 404)
        named = _named(await request.body())
        user = _NAMED.get(named, Principal(named))
        if not _ADDRESS.fullmatch(user.email) or user.is_service_account:
            return JSONResponse({"error": f"{named!r} is no user: student, teacher, or somebody's address."}, 400)
        token = self._issuer.refresh_token(user, CLIENT_ID)
        return JSONResponse(authorized_user(token, user.email, self._projects.default.id))


def _named(body: bytes) -> str:
    """Empty where nobody is."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    user = value.get("user") if isinstance(value, dict) else None
    return user if isinstance(user, str) else ""
