"""The bytes of a request, as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from labkit.localcloud.errors import ApiError, Code

_LARGEST_DOCUMENT = 10 * 1024 * 1024  # of JSON or XML; an object's bytes have no limit


async def arriving(request: Request) -> AsyncIterator[bytes]:
    """Raises CANCELLED where the client goes away before the end."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise ApiError(Code.CANCELLED, "The client closed the connection before the end of its request.") from error


async def document(request: Request) -> bytes:
    """All of a request that is JSON or XML. Raises INVALID_ARGUMENT for one that is too large to be."""
    data = bytearray()
    async for chunk in arriving(request):
        data += chunk
        if len(data) > _LARGEST_DOCUMENT:
            raise ApiError.invalid(f"Request payload size exceeds the limit: {_LARGEST_DOCUMENT} bytes.")
    return bytes(data)
