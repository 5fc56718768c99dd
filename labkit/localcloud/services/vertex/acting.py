"""May the caller let a job or a model run as this service account?"""

from __future__ import annotations

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.errors import ApiError

_PERMISSION = "iam.serviceAccounts.actAs"


def require_act_as(context: Context, email: str) -> None:
    """Nothing where no account is named: Vertex AI's own service agent runs it then.

    Raises INVALID_ARGUMENT, which is what Vertex AI answers here, and not PERMISSION_DENIED.
    """
    if not email:
        return
    account = context.access.locate("iam.googleapis.com", f"projects/-/serviceAccounts/{email}")
    if not context.access.permits(context.principal, _PERMISSION, account):
        raise ApiError.invalid(f"You do not have permission to act as service_account: {email}. (or it may not exist).")
