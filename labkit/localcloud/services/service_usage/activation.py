"""What appears in a project when an API is enabled there: accounts that Google's services act as, and their roles."""

from __future__ import annotations

from labkit.localcloud.core.constraints import DISABLE_AUTOMATIC_GRANTS, Constraints
from labkit.localcloud.core.projects import Project
from labkit.localcloud.iam.basic_roles import EDITOR
from labkit.localcloud.iam.hierarchy import project_policy_name
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.iam.service_agents import agents_of

_COMPUTE = "compute.googleapis.com"


class Activation:
    """Grants what Google grants. Disabling an API takes nothing back, as on Google Cloud."""

    def __init__(self, policies: Policies, accounts: ServiceAccounts, constraints: Constraints) -> None:
        self._policies = policies
        self._accounts = accounts
        self._constraints = constraints

    def activated(self, project: Project, service: str) -> None:
        """`service` has just been enabled in the project."""
        for agent in agents_of(service):
            self._grant(project, agent.role, agent.email(project.number))
        if service == _COMPUTE:
            self._make_default_account(project)

    def _make_default_account(self, project: Project) -> None:
        # https://cloud.google.com/iam/docs/service-account-types#default
        self._accounts.create_default(project)
        if not self._constraints.enforces(project.id, DISABLE_AUTOMATIC_GRANTS):
            self._grant(project, EDITOR, project.default_service_account)

    def _grant(self, project: Project, role: str, email: str) -> None:
        self._policies.grant(project_policy_name(project.id), role, f"serviceAccount:{email}")
