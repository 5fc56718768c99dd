"""The services a project is set up with, put together: Resource Manager, Service Usage, billing, quotas, org policy."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.dispatch import Service
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.ledger import Ledger
from labkit.localcloud.core.operations import Operations
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.services.billing.accounts import BillingAccounts
from labkit.localcloud.services.billing.billing import CloudBilling
from labkit.localcloud.services.billing.budgets import BudgetService
from labkit.localcloud.services.iam.policy_calls import PolicyCalls
from labkit.localcloud.services.new_project import NewProjects
from labkit.localcloud.services.org_policy.org_policies import OrgPolicies
from labkit.localcloud.services.org_policy.org_policy import OrgPolicy
from labkit.localcloud.services.quotas.cloud_quotas import CloudQuotas
from labkit.localcloud.services.quotas.quotas import Quotas, ReviewByTable
from labkit.localcloud.services.resource_manager.hierarchy import Folders, Organizations
from labkit.localcloud.services.resource_manager.projects import ResourceManagerProjects
from labkit.localcloud.services.service_usage.activation import Activation
from labkit.localcloud.services.service_usage.enabled_services import EnabledServices
from labkit.localcloud.services.service_usage.service_usage import ServiceUsage


@dataclass(frozen=True)
class SetupParts:
    """What the rest of the cloud has made already."""

    registry: Registry
    store: Store
    resources: Resources
    operations: Operations
    projects: Projects
    control: AccessControl
    service_accounts: ServiceAccounts
    ledger: Ledger
    clock: Clock
    ids: Ids


class ProjectSetup:
    """`enabled` is what dispatch asks, `constraints` and `quotas` what services ask, `accounts` what pays."""

    def __init__(self, parts: SetupParts) -> None:
        registry, projects, resources, ids = parts.registry, parts.projects, parts.resources, parts.ids
        self.accounts = BillingAccounts(parts.store, ids, parts.ledger)
        self.constraints = OrgPolicies(registry, resources, projects)
        activation = Activation(parts.control.policies, parts.service_accounts, self.constraints)
        self.enabled = EnabledServices(parts.store, projects, self.accounts, activation)
        self.quotas = Quotas(registry, resources, self.accounts, parts.clock, ReviewByTable())
        self.new_projects = NewProjects(parts.store, projects, self.enabled, self.accounts, parts.control.policies)
        policies = PolicyCalls(registry, parts.control)
        self.services: tuple[Service, ...] = (
            ResourceManagerProjects(registry, projects, self.new_projects, policies, parts.operations, ids),
            Organizations(registry),
            Folders(registry),
            ServiceUsage(registry, projects, self.enabled, parts.operations, ids),
            CloudBilling(registry, projects, self.accounts, policies),
            BudgetService(registry, resources, self.accounts, projects, ids),
            *(
                CloudQuotas(version, registry, projects, resources, self.quotas, parts.clock, ids)
                for version in ("v1", "v1beta")
            ),
            OrgPolicy(registry, projects, resources, self.constraints, parts.clock, ids),
        )
