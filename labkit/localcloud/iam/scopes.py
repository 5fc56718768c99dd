"""OAuth 2.0 scopes: which APIs a token is good for, whatever roles its owner has.

https://developers.google.com/identity/protocols/oauth2/scopes
"""

from __future__ import annotations

from collections.abc import Collection

_PREFIX = "https://www.googleapis.com/auth/"

CLOUD_PLATFORM = f"{_PREFIX}cloud-platform"
USERINFO_EMAIL = f"{_PREFIX}userinfo.email"
OPENID = "openid"

# What `gcloud auth application-default login` asks for.
USER_SCOPES = (OPENID, USERINFO_EMAIL, CLOUD_PLATFORM)

_ANY_API = frozenset({CLOUD_PLATFORM, f"{_PREFIX}cloud-platform.read-only"})

# Beginnings of the narrower scopes that an API takes.
_NARROWER = {
    "bigquery.googleapis.com": "bigquery",
    "cloudbilling.googleapis.com": "cloud-billing",
    "billingbudgets.googleapis.com": "cloud-billing",
    "cloudresourcemanager.googleapis.com": "cloudplatformprojects",
    "compute.googleapis.com": "compute",
    "iam.googleapis.com": "iam",
    "iamcredentials.googleapis.com": "iam",
    "logging.googleapis.com": "logging",
    "monitoring.googleapis.com": "monitoring",
    "pubsub.googleapis.com": "pubsub",
    "serviceusage.googleapis.com": "service.management",
    "storage.googleapis.com": "devstorage",
}


def covers(scopes: Collection[str], service: str) -> bool:
    """Whether a token with these scopes may be shown to an API at all: "storage.googleapis.com".

    Of narrower scopes no more is asked: that a read-only one does not write is not enforced.
    """
    if not _ANY_API.isdisjoint(scopes):
        return True
    narrower = _NARROWER.get(service)
    if narrower is None:
        return False
    whole = f"{_PREFIX}{narrower}"
    return any(scope == whole or scope.startswith(f"{whole}.") for scope in scopes)


def parse(text: str) -> tuple[str, ...]:
    """The scopes in a request, which separates them by spaces, or by commas as the metadata server's does."""
    return tuple(text.replace(",", " ").split())
