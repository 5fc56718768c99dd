"""What a handler raises. Canonical codes come first; a transport derives HTTP or gRPC from them (`wire.status`).

Source: google/rpc/code.proto and google/rpc/error_details.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Code(Enum):
    """A canonical code: its number on gRPC and the HTTP status that follows from it."""

    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)
    DATA_LOSS = (15, 500)
    UNAUTHENTICATED = (16, 401)

    @property
    def number(self) -> int:
        return self.value[0]

    @property
    def http(self) -> int:
        return self.value[1]


class ApiError(Exception):
    """A refusal as Google's APIs give it: code, text for people, and details for programs.

    `reason` and `metadata` become a google.rpc.ErrorInfo, whose `domain` is the service that was called unless one is
    given; `details` are further google.rpc messages in their JSON form, each with its `@type`.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        reason: str = "",
        domain: str = "",
        metadata: Mapping[str, str] | None = None,
        details: tuple[Mapping[str, Any], ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.domain = domain
        self.metadata = dict(metadata or {})
        self.details = details

    @classmethod
    def not_found(cls, message: str) -> ApiError:
        return cls(Code.NOT_FOUND, message)

    @classmethod
    def already_exists(cls, message: str) -> ApiError:
        return cls(Code.ALREADY_EXISTS, message)

    @classmethod
    def invalid(cls, message: str, *, field: str = "") -> ApiError:
        """INVALID_ARGUMENT; `field` adds a google.rpc.BadRequest that names it."""
        violation = {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": message}],
        }
        return cls(Code.INVALID_ARGUMENT, message, details=(violation,) if field else ())

    @classmethod
    def precondition(cls, message: str) -> ApiError:
        return cls(Code.FAILED_PRECONDITION, message)

    @classmethod
    def denied(cls, permission: str, resource: str, host: str) -> ApiError:
        """PERMISSION_DENIED in the words of Google's IAM; also what a resource that does not exist answers."""
        return cls(
            Code.PERMISSION_DENIED,
            f"Permission '{permission}' denied on resource '//{host}/{resource}' (or it may not exist).",
            reason="IAM_PERMISSION_DENIED",
            metadata={"permission": permission, "resource": resource},
        )

    @classmethod
    def unimplemented(cls, method: str) -> ApiError:
        return cls(
            Code.UNIMPLEMENTED,
            f"{method} is not implemented by the local cloud. labkit/localcloud/README.md lists what is.",
            reason="LOCAL_CLOUD_UNIMPLEMENTED",
            metadata={"method": method},
        )
