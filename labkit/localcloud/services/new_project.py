"""What a project starts with: its APIs, its owner, and in the student's case an account that pays."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.basic_roles import EDITOR, OWNER
from labkit.localcloud.iam.hierarchy import project_policy_name
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.billing.accounts import BillingAccounts
from labkit.localcloud.services.service_usage.enabled_services import EnabledServices

STUDENT = Principal("student@example.com")
TEACHER = Principal("teacher@example.com")

# https://cloud.google.com/free/docs/free-cloud-features#free-trial
_TRIAL_CREDIT = 300

_BILLING_ADMIN = "roles/billing.admin"
# On Google Cloud this role can be had on an organization only, and a student's project has none.
_ORG_POLICY_ADMIN = "roles/orgpolicy.policyAdmin"


class NewProjects:
    """Creates projects as Google does."""

    def __init__(
        self,
        store: Store,
        projects: Projects,
        enabled: EnabledServices,
        accounts: BillingAccounts,
        policies: Policies,
    ) -> None:
        self._store = store
        self._projects = projects
        self._enabled = enabled
        self._accounts = accounts
        self._policies = policies

    def create(
        self, project_id: str, creator: Principal, *, display_name: str = "", labels: Mapping[str, str] | None = None
    ) -> Project:
        """A project that `creator` owns, without billing. Raises ALREADY_EXISTS."""
        with self._store.transaction():
            project = self._projects.create(project_id, display_name=display_name, labels=labels)
            self._policies.grant(project_policy_name(project.id), OWNER, creator.member)
            self._enabled.enable_defaults(project)
        return project

    def create_students(self, project_id: str) -> Project:
        """The project of a new local cloud, as a student's own is on the day the free trial begins.

        The teacher owns it too, and pays for others from an account without a trial's limits.
        """
        with self._store.transaction():
            project = self.create(project_id, STUDENT)
            name = project_policy_name(project.id)
            for role, member in (
                (OWNER, TEACHER.member),
                (_ORG_POLICY_ADMIN, TEACHER.member),
                (EDITOR, f"serviceAccount:{project.default_service_account}"),
                (EDITOR, f"serviceAccount:{project.number}@cloudservices.gserviceaccount.com"),
            ):
                self._policies.grant(name, role, member)
            self._accounts.link(project.id, self._open_accounts())
        return project

    def _open_accounts(self) -> str:
        """The student's and the teacher's, once in a cloud; gives the name of the student's."""
        existing = self._accounts.all()
        if existing:
            return existing[0].name
        students = self._accounts.open("My Billing Account", is_trial=True, credit=_TRIAL_CREDIT)
        teachers = self._accounts.open("Course Billing Account")
        for account, admin in ((students, STUDENT), (students, TEACHER), (teachers, TEACHER)):
            self._policies.grant(f"//cloudbilling.googleapis.com/{account.name}", _BILLING_ADMIN, admin.member)
        return students.name
