"""`storage.objects.insert` of the JSON API: media, multipart and resumable uploads.

Source: https://cloud.google.com/storage/docs/uploads-downloads
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import names
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.byte_ranges import ContentRange
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.related_body import RelatedBody
from labkit.localcloud.services.storage.storage import Storage
from labkit.localcloud.services.storage.upload_sessions import Upload
from labkit.localcloud.services.storage.uploads import Unfinished

# nginx's "client closed request", which Cloud Storage answers to a cancelled session.
CANCELLED = 499


class UploadCalls:
    """`insert` takes the first request of an upload; `append` and `cancel` the later ones of a resumable upload."""

    def __init__(self, storage: Storage) -> None:
        self._uploads = storage.uploads

    async def insert(self, call: Call) -> Response:
        if "upload_id" in call.query:
            return await self.append(call)  # gcsfs sends the chunks to the session by POST, which Google takes too.
        match call.query.get("uploadType", ""):
            case "media":
                return await self._media(call)
            case "multipart":
                return await self._multipart(call)
            case "resumable":
                return await self._resumable(call)
            case other:
                raise ApiError.invalid(f"Invalid upload type '{other}'. Use media, multipart or resumable.")

    async def append(self, call: Call) -> Response:
        headers = call.request.headers
        outcome = await self._uploads.append(
            _session_id(call),
            ContentRange.parse(headers.get("content-range", ""), _length(call, "content-length")),
            _promised(call),
            call.content(),
            call.key,
        )
        if isinstance(outcome, Unfinished):
            return resume_incomplete(call.request, outcome.received)
        return call.reply(call.representations.object(outcome))

    async def cancel(self, call: Call) -> Response:
        await self._uploads.cancel(_session_id(call))
        return Response(status_code=CANCELLED)

    async def _media(self, call: Call) -> Response:
        upload = _upload(call, Body({}), call.request.headers.get("content-type", ""))
        stored = await self._uploads.store(upload, call.content())
        return call.reply(call.representations.object(stored))

    async def _multipart(self, call: Call) -> Response:
        body = RelatedBody(call.request.headers.get("content-type", ""), call.content())
        metadata = Body.parse(await body.metadata())
        upload = _upload(call, metadata, await body.media_type())
        stored = await self._uploads.store(upload, body.media())
        return call.reply(call.representations.object(stored))

    async def _resumable(self, call: Call) -> Response:
        upload = _upload(call, await call.body(), call.request.headers.get("x-upload-content-type", ""))
        session = self._uploads.begin(upload, _length(call, "x-upload-content-length"))
        location = f"{call.base}{call.request.url.path}?uploadType=resumable&upload_id={session.id}"
        return Response(headers={"location": location, "x-guploader-uploadid": session.id})


def _upload(call: Call, metadata: Body, content_type: str) -> Upload:
    """What a request asks to be stored; a name in the query counts before one in the metadata."""
    address = Address(call.bucket, call.query.get("name") or metadata.text("name"))
    names.check_object(address.name)
    attributes = ObjectAttributes.from_json(metadata).or_content_type(content_type)
    checksums = Checksums.from_json(metadata).also(_promised(call))
    authorship = call.caller.writes(address, attributes, call.acl_request(metadata))
    return Upload(address, attributes, checksums, call.preconditions, authorship, call.key)


def _promised(call: Call) -> Checksums:
    return Checksums.from_header(",".join(call.request.headers.getlist("x-goog-hash")))


def _session_id(call: Call) -> str:
    session_id = call.query.get("upload_id", "")
    if not session_id:
        raise ApiError.invalid("A request of a resumable upload needs the upload_id of its session's Location.")
    return session_id


def _length(call: Call, header: str) -> int | None:
    text = call.request.headers.get(header)
    if text is None:
        return None
    if not text.isdecimal():
        raise ApiError.invalid(f"Invalid value '{text}' for header '{header}': it is not a number of bytes.")
    return int(text)


def resume_incomplete(request: Request, received: int) -> Response:
    """HTTP 308, which tells how far a resumable upload is."""
    headers = {"range": f"bytes=0-{received - 1}"} if received else {}
    # Go's HTTP client takes 308 for a redirect, so Google's asks for a 200 that says so.
    if request.headers.get("x-guploader-no-308") == "yes":
        return Response(status_code=200, headers={**headers, "x-http-status-code-override": "308"})
    return Response(status_code=308, headers=headers)
