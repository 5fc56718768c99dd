"""Whom a job or a model runs as, and may the caller let it?"""

from __future__ import annotations

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.account_directory import AccountDirectory

_PERMISSION = "iam.serviceAccounts.actAs"


class Acting:
    """Asks IAM, and whether the account is there at all."""

    def __init__(self, accounts: AccountDirectory) -> None:
        self._accounts = accounts

    def require(self, context: Context, email: str) -> None:
        """Nothing where no account is named: Vertex AI's own service agent runs it then.

        Raises INVALID_ARGUMENT, which is what Vertex AI answers here, and not PERMISSION_DENIED.
        """
        if not email:
            return
        account = context.access.locate("iam.googleapis.com", f"projects/-/serviceAccounts/{email}")
        may = context.access.permits(context.principal, _PERMISSION, account)
        if not may or not self._accounts.exists(email):
            raise ApiError.invalid(
                f"You do not have permission to act as service_account: {email}. (or it may not exist)."
            )


def training_account(named: str, project: Project) -> str:
    """Where no account is named, the Custom Code Service Agent.

    https://cloud.google.com/vertex-ai/docs/general/access-control#service-agents
    """
    return named or f"service-{project.number}@gcp-sa-aiplatform-cc.iam.gserviceaccount.com"


def serving_account(named: str, project: Project) -> str:
    """Where no account is named, the Vertex AI Service Agent."""
    return named or f"service-{project.number}@gcp-sa-aiplatform.iam.gserviceaccount.com"
