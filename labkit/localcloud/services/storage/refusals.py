"""The refusals of Cloud Storage in Google's words, and the HTTP status and reason its JSON API gives each.

Canonical codes come first, as everywhere; but this API is older than they are and has statuses of its own.
Source: https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labkit.localcloud.errors import ApiError, Code

ALGORITHM_IS_INVALID = "customerEncryptionAlgorithmIsInvalid"
BAD_DIGEST = "badDigest"
CONDITION_NOT_MET = "conditionNotMet"
CONFLICT = "conflict"
CRC_MISMATCH = "crcMismatch"
ENCRYPTED_WITH_KEY = "resourceIsEncryptedWithCustomerEncryptionKey"
INVALID_BUCKET_NAME = "invalidBucketName"
KEY_FORMAT_IS_INVALID = "customerEncryptionKeyFormatIsInvalid"
KEY_IS_INCORRECT = "customerEncryptionKeyIsIncorrect"
KEY_SHA256_IS_INVALID = "customerEncryptionKeySha256IsInvalid"
NOT_ENCRYPTED_WITH_KEY = "resourceNotEncryptedWithCustomerEncryptionKey"
NO_SUCH_BUCKET = "noSuchBucket"
NO_SUCH_OBJECT = "noSuchObject"
NOT_MODIFIED = "notModified"
RANGE_NOT_SATISFIABLE = "requestedRangeNotSatisfiable"
REQUIRED = "required"
RETENTION_POLICY_NOT_MET = "retentionPolicyNotMet"
PARSE_ERROR = "parseError"

# Where the JSON API's status does not follow from the canonical code.
_STATUS_OF_REASON = {CONDITION_NOT_MET: 412, CONFLICT: 409, NOT_MODIFIED: 304, RANGE_NOT_SATISFIABLE: 416}

# The older word for what google.rpc.ErrorInfo calls SERVICE_DISABLED.
_SERVICE_DISABLED = "SERVICE_DISABLED"
ACCESS_NOT_CONFIGURED = "accessNotConfigured"

# Why a key that a customer supplies is refused.
KEY_REASONS = frozenset(
    {
        ALGORITHM_IS_INVALID,
        ENCRYPTED_WITH_KEY,
        KEY_FORMAT_IS_INVALID,
        KEY_IS_INCORRECT,
        KEY_SHA256_IS_INVALID,
        NOT_ENCRYPTED_WITH_KEY,
    }
)

_OWN_REASONS = frozenset({*KEY_REASONS, *_STATUS_OF_REASON, REQUIRED, RETENTION_POLICY_NOT_MET, PARSE_ERROR})

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
    if error.reason == _SERVICE_DISABLED:
        return Refusal(error.code.http, ACCESS_NOT_CONFIGURED)
    return Refusal(error.code.http, _REASON_OF_CODE.get(error.code, "backendError"))


def no_bucket() -> ApiError:
    """HTTP 404."""
    return ApiError(Code.NOT_FOUND, "The specified bucket does not exist.", reason=NO_SUCH_BUCKET)


def no_object(bucket: str, name: str) -> ApiError:
    """HTTP 404."""
    message = f"No such object: {bucket}/{name}"
    return ApiError(Code.NOT_FOUND, message, reason=NO_SUCH_OBJECT, metadata={"bucket": bucket})


def invalid_bucket_name(name: str) -> ApiError:
    """HTTP 400."""
    return ApiError(Code.INVALID_ARGUMENT, f"Invalid bucket name: '{name}'", reason=INVALID_BUCKET_NAME)


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


def held(bucket: str, name: str, kind: str) -> ApiError:
    """HTTP 403; `kind` is "Temporary" or "Event-Based"."""
    return ApiError(
        Code.PERMISSION_DENIED,
        f"Object '{bucket}/{name}' is under active {kind} hold and cannot be deleted, overwritten or archived until "
        "hold is removed.",
    )


def retained(bucket: str, name: str, until: datetime) -> ApiError:
    """HTTP 403."""
    message = (
        f"Object '{bucket}/{name}' is subject to bucket's retention policy or object retention and cannot be deleted "
        f"or overwritten until {until.isoformat()}"
    )
    return ApiError(Code.PERMISSION_DENIED, message, reason=RETENTION_POLICY_NOT_MET)


def locked_object_retention() -> ApiError:
    """HTTP 403."""
    return ApiError(
        Code.PERMISSION_DENIED,
        "The locked object retention cannot be removed. Its retention mode cannot be changed and its retention period "
        "cannot be shortened.",
    )


def unlocked_object_retention() -> ApiError:
    """HTTP 403 where `overrideUnlockedRetention` is not given."""
    return ApiError(
        Code.PERMISSION_DENIED,
        "The unlocked object retention cannot be removed and its retention period cannot be shortened without "
        "overriding unlocked retention intent and permission.",
    )


def locked_policy_removed(bucket: str) -> ApiError:
    """HTTP 403."""
    message = f"Bucket '{bucket}' has a locked Retention Policy which cannot be removed."
    return ApiError(Code.PERMISSION_DENIED, message, reason=RETENTION_POLICY_NOT_MET)


def locked_policy_reduced(bucket: str) -> ApiError:
    """HTTP 403."""
    message = f"Cannot reduce retention duration of a locked Retention Policy for bucket '{bucket}'."
    return ApiError(Code.PERMISSION_DENIED, message)


def no_unlocked_policy(bucket: str) -> ApiError:
    """HTTP 400."""
    return ApiError.invalid(f"Bucket '{bucket}' does not have an unlocked retention policy.")


def no_soft_delete(wanted: str) -> ApiError:
    """HTTP 400 for a question about soft-deleted objects in a bucket that keeps none."""
    return ApiError.invalid(f"Soft delete policy is required to {wanted}")


def no_generation() -> ApiError:
    """HTTP 400: a soft-deleted object or bucket is named by its generation only."""
    return ApiError(Code.INVALID_ARGUMENT, "You must specify a generation.", reason=REQUIRED)


def restore_without_soft_delete() -> ApiError:
    """HTTP 400."""
    return ApiError.invalid("bucket soft delete policy must be set.")


def move_onto_itself() -> ApiError:
    """HTTP 400."""
    return ApiError.invalid("The source and destination objects of a move cannot be the same.")


def uniform_access(what: str) -> ApiError:
    """HTTP 400 for a use of access control lists in a bucket that has none: "get legacy ACL for an object"."""
    return _no_lists(f"Cannot {what} when uniform bucket-level access is enabled.")


def uniform_access_of_bucket() -> ApiError:
    """HTTP 400: the same where the list of such a bucket is read."""
    return _no_lists("Cannot get legacy ACL for a bucket that has uniform bucket-level access.")


def uniform_access_locked() -> ApiError:
    """HTTP 412 after 90 days of uniform access."""
    message = (
        "Uniform bucket-level access has been enabled for more than 90 days and can no longer be disabled. "
        "Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access"
    )
    return ApiError(Code.FAILED_PRECONDITION, message, reason=CONDITION_NOT_MET)


def conditions_need_uniform_access() -> ApiError:
    """HTTP 412, as https://github.com/googleapis/python-storage/blob/main/tests/system/test_bucket.py expects it."""
    message = (
        "IAM conditions are not supported on buckets with access control lists. To set a policy with conditions, "
        "enable uniform bucket-level access: https://cloud.google.com/storage/docs/uniform-bucket-level-access"
    )
    return ApiError(Code.FAILED_PRECONDITION, message, reason=CONDITION_NOT_MET)


def _no_lists(message: str) -> ApiError:
    return ApiError.invalid(f"{message} Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access")
