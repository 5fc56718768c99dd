"""Google's own clients, as one identity has them: this process's, or a service account's that it may impersonate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud import (
        aiplatform_v1,
        cloudquotas_v1,
        iam_admin_v1,
        iam_credentials_v1,
        resourcemanager_v3,
        storage,
    )
    from requests import Session

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email")
_TOKEN_INFO = "https://oauth2.googleapis.com/tokeninfo"  # noqa: S105 - an address, no password.


class Clients:
    """Clients for one project in one region, made on first use and kept: a connection costs 30 ms.

    Without `credentials`, each has the identity that the process had when it was made.
    """

    def __init__(self, project: str, region: str, credentials: Credentials | None = None) -> None:
        self.project = project
        self.region = region
        self._credentials = credentials
        self._kept: dict[Callable[..., Any], Any] = {}

    def forget(self) -> None:
        """Make every client anew from now on: the identity of this process has changed."""
        self._kept.clear()

    def whoami(self) -> str:
        """The e-mail address of this identity, as Google knows it."""
        from google.auth.transport.requests import AuthorizedSession, Request

        credentials = self._own()
        credentials.refresh(Request())
        # A machine's token need not have the scope that tokeninfo wants before it names anybody.
        if email := getattr(credentials, "service_account_email", ""):
            return str(email)
        reply = AuthorizedSession(credentials).get(_TOKEN_INFO, params={"access_token": credentials.token})
        reply.raise_for_status()
        return str(reply.json()["email"])

    def acting_as(self, email: str) -> Clients:
        """Clients of a service account; google.auth's RefreshError says that this identity may not impersonate it.

        The token is fetched at once, so that a refusal to impersonate is not taken for a refusal of the first call.
        """
        from google.auth import impersonated_credentials
        from google.auth.transport.requests import Request

        theirs = impersonated_credentials.Credentials(
            source_credentials=self._own(), target_principal=email, target_scopes=list(_SCOPES)
        )
        theirs.refresh(Request())
        return Clients(self.project, self.region, theirs)

    def session(self) -> AuthorizedSession:
        """For calls of Google's REST APIs without a client library."""
        from google.auth.transport.requests import AuthorizedSession

        if AuthorizedSession not in self._kept:
            self._kept[AuthorizedSession] = AuthorizedSession(self._own())
        return self._kept[AuthorizedSession]

    def anonymous(self) -> Session:
        """For calls that show what a stranger sees: nobody's."""
        import requests

        stranger: Session = self._kept.setdefault(requests.Session, requests.Session())
        return stranger

    def storage(self) -> storage.Client:
        from google.cloud import storage

        return self._client(storage.Client, project=self.project)

    def jobs(self) -> aiplatform_v1.JobServiceClient:
        from google.cloud import aiplatform_v1

        return self._vertex(aiplatform_v1.JobServiceClient)

    def models(self) -> aiplatform_v1.ModelServiceClient:
        from google.cloud import aiplatform_v1

        return self._vertex(aiplatform_v1.ModelServiceClient)

    def endpoints(self) -> aiplatform_v1.EndpointServiceClient:
        from google.cloud import aiplatform_v1

        return self._vertex(aiplatform_v1.EndpointServiceClient)

    def predictions(self) -> aiplatform_v1.PredictionServiceClient:
        from google.cloud import aiplatform_v1

        return self._vertex(aiplatform_v1.PredictionServiceClient)

    def projects(self) -> resourcemanager_v3.ProjectsClient:
        from google.cloud import resourcemanager_v3

        return self._client(resourcemanager_v3.ProjectsClient)

    def service_accounts(self) -> iam_admin_v1.IAMClient:
        """Service accounts, their keys and policies; custom roles."""
        from google.cloud import iam_admin_v1

        return self._client(iam_admin_v1.IAMClient)

    def tokens(self) -> iam_credentials_v1.IAMCredentialsClient:
        """Tokens of service accounts."""
        from google.cloud import iam_credentials_v1

        return self._client(iam_credentials_v1.IAMCredentialsClient)

    def quotas(self) -> cloudquotas_v1.CloudQuotasClient:
        from google.cloud import cloudquotas_v1

        return self._client(cloudquotas_v1.CloudQuotasClient)

    def logs(self, job_id: str) -> list[str]:
        """What a Vertex AI job printed, in order; `job_id` is the last part of its resource name."""
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

        entries = self._client(LoggingServiceV2Client).list_log_entries(
            request={
                "resource_names": [f"projects/{self.project}"],
                "filter": f'resource.type="ml_job" AND resource.labels.job_id="{job_id}"',
                "order_by": "timestamp asc",
            }
        )
        return [_text(entry) for entry in entries]

    def _own(self) -> Any:
        import google.auth

        return self._credentials or google.auth.default(scopes=_SCOPES)[0]

    def _vertex(self, kind: Callable[..., Any]) -> Any:
        return self._client(kind, client_options={"api_endpoint": f"{self.region}-aiplatform.googleapis.com"})

    def _client(self, kind: Callable[..., Any], **options: Any) -> Any:
        if kind not in self._kept:
            self._kept[kind] = kind(credentials=self._credentials, **options)
        return self._kept[kind]


def _text(entry: Any) -> str:
    return str(entry.json_payload.get("message", "")) if "json_payload" in entry else str(entry.text_payload)
