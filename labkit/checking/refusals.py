"""What an error of Google's API, raised during a check, says about the answer: a verdict, or a fault of the check.

Canonical codes decide. Sources: google/rpc/code.proto; google.api_core.exceptions maps HTTP and gRPC onto one tree.
"""

from __future__ import annotations

import re

from labkit.checking.verdict import Blocked, Failed, Verdict
from labkit.errors import CloudError

# Texts of Google's that mean "not now" or "not here", whatever the code: quotas, stock-outs, organisation policies.
_SHORTAGES = (
    (r"quota metrics? exceed|quota exceeded|rateLimitExceeded", "Ask for quota, or wait if it is a rate per minute."),
    (
        r"Resources are insufficient|RESOURCE_POOL_EXHAUSTED|does not have enough resources",
        "Google has none free there. Try another zone, region or machine type; it is not your code.",
    ),
    (r"constraint constraints/|orgpolicy", "An organisation policy forbids it. Ask whoever owns the organisation."),
)


def blocked_by(text: str) -> Blocked | None:
    """Blocked, if Google's words name a shortage or a policy; None if they do not."""
    for pattern, fix in _SHORTAGES:
        if re.search(pattern, text, re.IGNORECASE):
            return Blocked(text, fix)
    return None


def as_verdict(error: Exception) -> Verdict | None:
    """The verdict behind an exception; None when it is nothing the student or the cloud did."""
    # Imported here: by now a Google client has been used, and `import labkit` stays free of them.
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    if isinstance(error, CloudError):
        return Blocked(str(error), "Then check again.")
    text = getattr(error, "message", None) or str(error)
    if shortage := blocked_by(text):
        return shortage
    if isinstance(error, api.TooManyRequests):
        return Blocked(text, "Wait a minute and check again.")
    if isinstance(error, api.ServerError | api.RetryError | auth.TransportError | ConnectionError):
        return Blocked(text, "The service did not answer. Check again in a moment; `labkit cloud status` says more.")
    if isinstance(error, api.Unauthorized | auth.GoogleAuthError):
        return Blocked(text, "Sign in again, then restart the kernel.")
    if isinstance(error, api.Forbidden):
        return Failed(text, "an identity that may read it", "Look at who you are, and which role is missing.")
    if isinstance(error, api.NotFound):
        return Failed(text, "a resource that exists", "Look at its name, project and region; then create it.")
    return None
