"""ApiError → google.rpc.Status: the one form in which every transport and every operation carries a refusal."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.errors import ApiError


def to_status(error: ApiError, registry: Registry, domain: str) -> Any:
    """A google.rpc.Status; `domain` is the service that refuses: "aiplatform.googleapis.com"."""
    details = list(error.details)
    if error.reason:
        details.insert(
            0,
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.reason,
                "domain": error.domain or domain,
                "metadata": error.metadata,
            },
        )
    status = {"code": error.code.number, "message": error.message, "details": details}
    return json_format.ParseDict(status, registry.message("google.rpc.Status")(), descriptor_pool=registry.pool)
