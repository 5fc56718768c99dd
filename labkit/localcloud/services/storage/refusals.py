"""The refusals of Cloud Storage in Google's words, and the HTTP status and reason its JSON API gives each.

Canonical codes come first, as everywhere; but this API is older than they are and has statuses of its own.
Source: https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.errors import ApiError, Code

CONDITION_NOT_MET = "conditionNotMet"
CONFLICT = "conflict"
NOT_MODIFIED = "notModified"
RANGE_NOT_SATISFIABLE = "requestedRangeNotSatisfiable"
REQUIRED = "required"
PARSE_ERROR = "parseError"

# Where the JSON API's status does not follow from the canonical code.
_STATUS_OF_REASON = {CONDITION_NOT_MET: 412, CONFLICT: 409, NOT_MODIFIED: 304, RANGE_NOT_SATISFIABLE: 416}

_OWN_REASONS = frozenset({*_STATUS_OF_REASON, REQUIRED, PARSE_ERROR})

_REASON_OF_CODE = {
    Code.INVALID_ARGUMENT: "invalid",
    Code.FAILED_PRECONDITION: "invalid",
    Code.NOT_FOUND: "notFound",
    Code.ALREADY_EXISTS: CONFLICT,
    Code.PERMISSION_DENIED: "forbidden",
    Code.UNAUTHENTICATED: "authError",
    Code.RESOURCE_EXHAUSTED: "rateLimitExceeded",
    Code.UNIMPLEMENTED: "notImplemented",
    Code.INTERNAL: "internalError",
}


@dataclass(frozen=True)
class Refusal:
    """What the JSON API says of an error: an HTTP status and its own word for the reason."""

    status: int
    reason: str


def refusal(error: ApiError) -> Refusal:
    """The JSON API's status and reason; the reasons of other APIs' ErrorInfo are not its own."""
    if error.reason in _OWN_REASONS:
        return Refusal(_STATUS_OF_REASON.get(error.reason, error.code.http), error.reason)
    return Refusal(error.code.http, _REASON_OF_CODE.get(error.code, "backendError"))


def no_bucket() -> ApiError:
    """HTTP 404."""
    return ApiError.not_found("The specified bucket does not exist.")


def no_object(bucket: str, name: str) -> ApiError:
    """HTTP 404."""
    return ApiError.not_found(f"No such object: {bucket}/{name}")


def bucket_exists() -> ApiError:
    """HTTP 409."""
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return ApiError(Code.ALREADY_EXISTS, message, reason=CONFLICT)


def bucket_not_empty() -> ApiError:
    """HTTP 409."""
    return ApiError(Code.FAILED_PRECONDITION, "The bucket you tried to delete is not empty.", reason=CONFLICT)


def condition_not_met() -> ApiError:
    """HTTP 412, where the canonical FAILED_PRECONDITION would be 400."""
    message = "At least one of the pre-conditions you specified did not hold."
    return ApiError(Code.FAILED_PRECONDITION, message, reason=CONDITION_NOT_MET)


def not_modified() -> ApiError:
    """HTTP 304: a read whose `if…NotMatch` names what is stored; the caller has it already."""
    return ApiError(Code.FAILED_PRECONDITION, "Not Modified", reason=NOT_MODIFIED)


def range_not_satisfiable() -> ApiError:
    """HTTP 416."""
    return ApiError(Code.OUT_OF_RANGE, "The requested range cannot be satisfied.", reason=RANGE_NOT_SATISFIABLE)


def required(parameter: str) -> ApiError:
    """HTTP 400 for a parameter that is missing or empty."""
    return ApiError(Code.INVALID_ARGUMENT, f"Required parameter: {parameter}", reason=REQUIRED)


def unknown_project(project: str) -> ApiError:
    """HTTP 400, as in https://github.com/replicate/keepsake/issues/275 and https://github.com/fsspec/gcsfs/issues/34."""
    return ApiError.invalid(f"Unknown project id: {project}")
