"""The OAuth client of this cloud: the program that its users have agreed to."""

from __future__ import annotations

from typing import Any

# As with gcloud's own client, the secret of an installed program is none.
CLIENT_ID = "labkit-local-cloud.apps.googleusercontent.com"
CLIENT_SECRET = "labkit-local-cloud"  # noqa: S105 - see above.


def authorized_user(refresh_token: str, account: str, quota_project: str) -> dict[str, Any]:
    """What `gcloud auth application-default login` leaves: https://google.aip.dev/auth/4113"""
    return {
        "type": "authorized_user",
        "account": account,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "quota_project_id": quota_project,
        "refresh_token": refresh_token,
        "universe_domain": "googleapis.com",
    }
