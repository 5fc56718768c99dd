"""Resumable uploads of the XML API: `x-goog-resumable: start`, then the session's URI.

Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.byte_ranges import ContentRange
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.upload_calls import CANCELLED, resume_incomplete
from labkit.localcloud.services.storage.uploads import Unfinished
from labkit.localcloud.services.storage.xml import headers as xml_headers
from labkit.localcloud.services.storage.xml.call import XmlCall
from labkit.localcloud.services.storage.xml.object_calls import upload_of

_HEADER = "x-goog-resumable"


class XmlResumableCalls:
    """A method for each kind of request. Whoever knows a session's URI may use it: it is not asked who calls."""

    def __init__(self, storage: Storage) -> None:
        self._uploads = storage.uploads

    async def begin(self, call: XmlCall) -> Response:
        if call.headers.get(_HEADER) != "start":
            raise ApiError.invalid(f"A POST of an object needs the header {_HEADER}: start, or ?uploads.")
        names.check_object(call.target.name)
        session = self._uploads.begin(upload_of(call), integer(call.headers, "x-upload-content-length"))
        location = f"{call.url}?upload_id={session.id}"
        return Response(status_code=201, headers={"location": location, "x-guploader-uploadid": session.id})

    async def append(self, call: XmlCall) -> Response:
        outcome = await self._uploads.append(
            call.query["upload_id"],
            ContentRange.parse(call.headers.get("content-range", ""), call.length),
            xml_headers.checksums(call.headers),
            call.content(),
            call.key,
        )
        if isinstance(outcome, Unfinished):
            return resume_incomplete(call.request, outcome.received)
        return Response(headers=xml_headers.of_upload(outcome))

    async def cancel(self, call: XmlCall) -> Response:
        await self._uploads.cancel(call.query["upload_id"])
        return Response(status_code=CANCELLED)
