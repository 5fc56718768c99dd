"""`projects.hmacKeys` and `projects.serviceAccount` of the JSON API.

Source: https://cloud.google.com/storage/docs/json_api/v1/projects/hmacKeys
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.bucket_calls import page_size
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.hmac_keys import HmacKey, HmacKeys, HmacKeyState
from labkit.localcloud.services.storage.listing import Position, from_token, to_token
from labkit.localcloud.services.storage.rfc3339 import timestamp

_LARGEST_PAGE = 250


class HmacKeyCalls:
    """Each method answers the call of the same name."""

    def __init__(self, keys: HmacKeys, projects: Projects) -> None:
        self._keys = keys
        self._projects = projects

    async def insert(self, call: Call) -> Response:
        email = call.query.get("serviceAccountEmail", "")
        if not email:
            raise refusals.required("serviceAccountEmail")
        made = self._keys.create(self._project(call).id, email)
        return call.reply({"kind": "storage#hmacKey", "secret": made.secret, "metadata": _shown(call, made.key)})

    async def get(self, call: Call) -> Response:
        return call.reply(_shown(call, self._keys.get(self._project(call).id, call.variables["accessId"])))

    async def list(self, call: Call) -> Response:
        email, start = call.query.get("serviceAccountEmail", ""), from_token(call.query.get("pageToken", "")).name
        size = min(page_size(call), _LARGEST_PAGE)
        found = [
            key
            for key in self._keys.of_project(self._project(call).id)
            if key.access_id >= start
            and email in ("", key.email)
            and (key.state is not HmacKeyState.DELETED or call.flag("showDeletedKeys"))
        ]
        listed: dict[str, Any] = {"kind": "storage#hmacKeysMetadata"}
        if found:
            listed["items"] = [_shown(call, key) for key in found[:size]]
        if len(found) > size:
            listed["nextPageToken"] = to_token(Position(found[size].access_id))
        return call.reply(listed)

    async def update(self, call: Call) -> Response:
        body = await call.body()
        try:
            state = HmacKeyState(body.text("state"))
        except ValueError:
            raise ApiError.invalid(f"'{body.text('state')}' is no state of a key. Use ACTIVE or INACTIVE.") from None
        changed = self._keys.set_state(
            self._project(call).id, call.variables["accessId"], state, etag=body.text("etag")
        )
        return call.reply(_shown(call, changed))

    async def delete(self, call: Call) -> Response:
        self._keys.delete(self._project(call).id, call.variables["accessId"])
        return Response(status_code=204)

    async def get_service_account(self, call: Call) -> Response:
        """Cloud Storage's own agent in a project, which publishes notifications."""
        number = self._project(call).number
        email = f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
        return call.reply({"kind": "storage#serviceAccount", "email_address": email})

    def _project(self, call: Call) -> Project:
        named = call.variables["project"]
        project = self._projects.find(named)
        if project is None:
            raise refusals.unknown_project(named)
        return project


def _shown(call: Call, key: HmacKey) -> dict[str, Any]:
    return {
        "kind": "storage#hmacKeyMetadata",
        "id": f"{key.project}/{key.access_id}",
        "selfLink": f"{call.base}/storage/v1/projects/{key.project}/hmacKeys/{key.access_id}",
        "accessId": key.access_id,
        "projectId": key.project,
        "serviceAccountEmail": key.email,
        "state": key.state.value,
        "timeCreated": timestamp(key.created),
        "updated": timestamp(key.updated),
        "etag": key.etag,
    }
