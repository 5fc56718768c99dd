"""How Cloud Storage says that a caller may not: HTTP 403, and 401 where nobody signed in.

Source: https://cloud.google.com/iam/docs/permission-error-messages and the replies of the public API.
"""

from __future__ import annotations

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals

OBJECT = "Google Cloud Storage object"
BUCKET = "Google Cloud Storage bucket"
PROJECT = "Google Cloud project"


def denied(principal: Principal, permission: str, kind: str) -> ApiError:
    """The same words whether the resource, one of the three kinds above, is there or not."""
    caller = "Anonymous caller" if principal.is_anonymous else principal.email
    message = (
        f"{caller} does not have {permission} access to the {kind}. "
        f"Permission '{permission}' denied on resource (or it may not exist)."
    )
    if principal.is_anonymous:
        return ApiError(Code.UNAUTHENTICATED, message, reason=refusals.REQUIRED)
    return ApiError(Code.PERMISSION_DENIED, message)


def invalid_credentials() -> ApiError:
    """For a token that is none, or is no longer one."""
    return ApiError(Code.UNAUTHENTICATED, "Invalid Credentials")


def no_user_project() -> ApiError:
    """HTTP 400: someone who does not pay for the bucket has to say who pays for the request."""
    message = "Bucket is a requester pays bucket but no user project provided."
    return ApiError(Code.INVALID_ARGUMENT, message, reason=refusals.REQUIRED)


def owner_keeps_access() -> ApiError:
    """HTTP 403."""
    return ApiError(Code.PERMISSION_DENIED, "The owner of the resource is required to have OWNER access.")


def public_access_prevented() -> ApiError:
    """HTTP 412."""
    message = (
        "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is "
        "enforced."
    )
    return ApiError(Code.FAILED_PRECONDITION, message, reason=refusals.CONDITION_NOT_MET)
