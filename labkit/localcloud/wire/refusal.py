"""An error as most of Google's REST APIs answer it: a google.rpc.Status in JSON, under "error".

Source: https://cloud.google.com/apis/design/errors#http_mapping
"""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.status import to_status
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.wire.request import is_retried_in_vain


def rest_refusal(registry: Registry, request: Request, error: ApiError, domain: str) -> Response:
    """`domain` is the service that refuses: "aiplatform.googleapis.com"."""
    status: dict[str, Any] = json_format.MessageToDict(
        to_status(error, registry, domain), descriptor_pool=registry.pool
    )
    http = Code.INVALID_ARGUMENT.http if is_retried_in_vain(request, error) else error.code.http
    body = {"code": http, "message": error.message, "status": error.code.name}
    if "details" in status:
        body["details"] = status["details"]
    headers = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if http == 401 else None
    return JSONResponse({"error": body}, http, headers)
