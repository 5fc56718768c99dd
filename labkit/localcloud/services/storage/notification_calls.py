"""`storage.notifications` of the JSON API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from labkit.localcloud.core.tier import stores
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.notifications import Notification
from labkit.localcloud.services.storage.storage import Storage


class NotificationCalls:
    """Each method answers the call of the same name."""

    def __init__(self, storage: Storage) -> None:
        self._notifications = storage.notifications

    async def list(self, call: Call) -> Response:
        found = [_shown(call, str(number), each) for number, each in self._notifications.of(call.bucket)]
        return call.reply({"kind": "storage#notifications", **({"items": found} if found else {})})

    @stores("nothing is published")
    async def insert(self, call: Call) -> Response:
        notification = Notification.from_json(await call.body())
        number = self._notifications.insert(call.bucket, notification)
        return call.reply(_shown(call, str(number), notification))

    async def get(self, call: Call) -> Response:
        number = call.variables["notification"]
        return call.reply(_shown(call, number, self._notifications.get(call.bucket, number)))

    async def delete(self, call: Call) -> Response:
        self._notifications.remove(call.bucket, call.variables["notification"])
        return Response(status_code=204)


def _shown(call: Call, number: str, notification: Notification) -> dict[str, Any]:
    return {
        "kind": "storage#notification",
        "id": number,
        "selfLink": f"{call.base}/storage/v1/b/{call.bucket}/notificationConfigs/{number}",
        "etag": number,
        **notification.to_json(),
    }
