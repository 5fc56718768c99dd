"""Errors in the XML API's own words.

Source: https://cloud.google.com/storage/docs/xml-api/reference-status
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals

ENTITY_TOO_SMALL = "EntityTooSmall"
EXPIRED_TOKEN = "ExpiredToken"  # noqa: S105 - a name of Google's
INVALID_PART = "InvalidPart"
INVALID_PART_ORDER = "InvalidPartOrder"
INVALID_POLICY_DOCUMENT = "InvalidPolicyDocument"
INVALID_SECURITY = "InvalidSecurity"
MALFORMED_SECURITY_HEADER = "MalformedSecurityHeader"
MALFORMED_XML = "MalformedXML"
NO_SUCH_UPLOAD = "NoSuchUpload"
REQUEST_TIME_TOO_SKEWED = "RequestTimeTooSkewed"
SIGNATURE_DOES_NOT_MATCH = "SignatureDoesNotMatch"


@dataclass(frozen=True)
class Refusal:
    """`code` and `message` are the same for all errors of a kind; what went wrong in this case is its detail."""

    code: str
    status: int
    message: str


_OF_REASON = {
    refusals.BAD_DIGEST: Refusal(
        "BadDigest", 400, "The Content-MD5 or x-goog-hash you specified did not match what we received."
    ),
    refusals.CRC_MISMATCH: Refusal("CrcMismatch", 400, "The CRC32C you specified did not match what we received."),
    refusals.CONDITION_NOT_MET: Refusal(
        "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold."
    ),
    refusals.INVALID_BUCKET_NAME: Refusal("InvalidBucketName", 400, "The specified bucket is not valid."),
    refusals.NO_SUCH_BUCKET: Refusal("NoSuchBucket", 404, "The specified bucket does not exist."),
    refusals.NO_SUCH_OBJECT: Refusal("NoSuchKey", 404, "The specified key does not exist."),
    refusals.NOT_MODIFIED: Refusal("NotModified", 304, ""),
    refusals.RANGE_NOT_SATISFIABLE: Refusal("InvalidRange", 416, "The requested range cannot be satisfied."),
    ENTITY_TOO_SMALL: Refusal(
        ENTITY_TOO_SMALL, 400, "Your proposed upload is smaller than the minimum allowed object size."
    ),
    EXPIRED_TOKEN: Refusal(EXPIRED_TOKEN, 400, "The provided token has expired."),
    INVALID_PART: Refusal(INVALID_PART, 400, "One or more of the specified parts could not be found."),
    INVALID_PART_ORDER: Refusal(INVALID_PART_ORDER, 400, "The list of parts was not in ascending order."),
    INVALID_POLICY_DOCUMENT: Refusal(
        INVALID_POLICY_DOCUMENT, 400, "The content of the form does not meet the conditions of the policy document."
    ),
    INVALID_SECURITY: Refusal(INVALID_SECURITY, 403, "The provided security credentials are not valid."),
    MALFORMED_SECURITY_HEADER: Refusal(MALFORMED_SECURITY_HEADER, 400, "Your request has a malformed header."),
    MALFORMED_XML: Refusal(MALFORMED_XML, 400, "The XML you provided was not well-formed or did not validate."),
    NO_SUCH_UPLOAD: Refusal(NO_SUCH_UPLOAD, 404, "The requested upload was not found."),
    REQUEST_TIME_TOO_SKEWED: Refusal(
        REQUEST_TIME_TOO_SKEWED, 403, "The difference between the request time and the server's time is too large."
    ),
    SIGNATURE_DOES_NOT_MATCH: Refusal(SIGNATURE_DOES_NOT_MATCH, 403, "Access denied."),
}

_OF_CODE = {
    Code.ALREADY_EXISTS: Refusal(
        "BucketAlreadyOwnedByYou",
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    Code.CANCELLED: Refusal("RequestTimeout", 400, "Your socket connection to the server was not read in time."),
    Code.FAILED_PRECONDITION: Refusal("InvalidArgument", 400, "Invalid argument."),
    Code.INVALID_ARGUMENT: Refusal("InvalidArgument", 400, "Invalid argument."),
    Code.NOT_FOUND: Refusal("NoSuchKey", 404, "The specified key does not exist."),
    Code.PERMISSION_DENIED: Refusal("AccessDenied", 403, "Access denied."),
    Code.RESOURCE_EXHAUSTED: Refusal("SlowDown", 429, "Please reduce your request rate."),
    Code.UNAUTHENTICATED: Refusal("AuthenticationRequired", 401, "Authentication required."),
    Code.UNAVAILABLE: Refusal("ServiceUnavailable", 503, "Please try again."),
    Code.UNIMPLEMENTED: Refusal(
        "NotImplemented", 501, "A header or query you provided requested a function that is not implemented."
    ),
}

# https://cloud.google.com/storage/docs/xml-api/reference-status: the JSON API's reasons, capitalized.
_OF_REASON |= {
    reason: Refusal(reason[0].upper() + reason[1:], 400, "The customer-supplied encryption key cannot be used.")
    for reason in refusals.KEY_REASONS
}

_NOT_EMPTY = Refusal("BucketNotEmpty", 409, "The bucket you tried to delete is not empty.")
_INTERNAL = Refusal("InternalError", 500, "We encountered an internal error. Please try again.")


def refusal(error: ApiError) -> Refusal:
    """What the XML API says of an error."""
    if error.reason in _OF_REASON:
        return _OF_REASON[error.reason]
    if error.code is Code.UNAUTHENTICATED and error.reason == refusals.REQUIRED:
        return _OF_CODE[Code.PERMISSION_DENIED]  # Nobody signed in, which is 401 in the JSON API only.
    if error.reason == refusals.CONFLICT and error.code is Code.FAILED_PRECONDITION:
        return _NOT_EMPTY
    return _OF_CODE.get(error.code, _INTERNAL)


def malformed(detail: str) -> ApiError:
    """HTTP 400 for a document that cannot be read."""
    return ApiError(Code.INVALID_ARGUMENT, detail, reason=MALFORMED_XML)


def no_upload(upload_id: str) -> ApiError:
    """HTTP 404."""
    message = f"The multipart upload '{upload_id}' does not exist. It may have been completed or aborted."
    return ApiError(Code.NOT_FOUND, message, reason=NO_SUCH_UPLOAD)


def invalid_part(number: int, detail: str) -> ApiError:
    """HTTP 400."""
    return ApiError(Code.INVALID_ARGUMENT, f"Part {number}: {detail}", reason=INVALID_PART)


def part_too_small(number: int, size: int, smallest: int) -> ApiError:
    """HTTP 400 for a part that is not the last one."""
    message = f"Part {number} has {size} bytes; all but the last must have at least {smallest}."
    return ApiError(Code.INVALID_ARGUMENT, message, reason=ENTITY_TOO_SMALL)


def unordered_parts(numbers: Sequence[int]) -> ApiError:
    """HTTP 400."""
    message = f"Parts must be named once each, in ascending order; got {', '.join(map(str, numbers[:20]))}."
    return ApiError(Code.INVALID_ARGUMENT, message, reason=INVALID_PART_ORDER)


def malformed_security_header(parameter: str, detail: str) -> ApiError:
    """HTTP 400 for a signature that cannot be read, or whose headers did not come."""
    return ApiError(
        Code.INVALID_ARGUMENT, detail, reason=MALFORMED_SECURITY_HEADER, metadata={"ParameterName": parameter}
    )


def expired(detail: str) -> ApiError:
    """HTTP 400."""
    return ApiError(Code.INVALID_ARGUMENT, detail, reason=EXPIRED_TOKEN)


def too_early(detail: str) -> ApiError:
    """HTTP 403."""
    return ApiError(Code.PERMISSION_DENIED, detail, reason=REQUEST_TIME_TOO_SKEWED)


def unknown_signer(signer: str) -> ApiError:
    """HTTP 403."""
    return ApiError(Code.PERMISSION_DENIED, f"'{signer}' is not an active HMAC key.", reason=INVALID_SECURITY)


def wrong_signature(string_to_sign: str, canonical_request: str = "") -> ApiError:
    """HTTP 403 that shows what was to be signed, as Google shows it: nothing in it is secret."""
    shown = {"StringToSign": string_to_sign, "CanonicalRequest": canonical_request}
    return ApiError(
        Code.PERMISSION_DENIED,
        "The request signature we calculated does not match the signature you provided. Check your Google secret key "
        "and signing method.",
        reason=SIGNATURE_DOES_NOT_MATCH,
        metadata={name: value for name, value in shown.items() if value},
    )
