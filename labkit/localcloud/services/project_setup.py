"""The services a project is set up with, put together: Resource Manager, Service Usage, billing, quotas, org policy."""

from __future__ import annotations

from labkit.localcloud.core.dispatch import Service
from labkit.localcloud.core.foundation import Foundation
from labkit.localcloud.core.ledger import Ledger
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


class ProjectSetup:
    """`enabled` is what dispatch asks, `constraints` and `quotas` what services ask, `accounts` what pays."""

    def __init__(
        self, base: Foundation, control: AccessControl, service_accounts: ServiceAccounts, ledger: Ledger
    ) -> None:
        registry, projects, resources, clock, ids = base.registry, base.projects, base.resources, base.clock, base.ids
        self.accounts = BillingAccounts(base.store, ids, ledger)
        self.constraints = OrgPolicies(registry, resources, projects)
        activation = Activation(control.policies, service_accounts, self.constraints)
        self.enabled = EnabledServices(base.store, projects, self.accounts, activation)
        self.quotas = Quotas(registry, resources, self.accounts, clock, ReviewByTable())
        self.new_projects = NewProjects(base.store, projects, self.enabled, self.accounts, control.policies)
        policies = PolicyCalls(registry, control)
        self.services: tuple[Service, ...] = (
            ResourceManagerProjects(registry, projects, self.new_projects, policies, base.operations, ids),
            Organizations(registry),
            Folders(registry),
            ServiceUsage(registry, projects, self.enabled, base.operations, ids),
            CloudBilling(registry, projects, self.accounts, policies),
            BudgetService(registry, resources, self.accounts, projects, ids),
            *(
                CloudQuotas(version, registry, projects, resources, self.quotas, clock, ids)
                for version in ("v1", "v1beta")
            ),
            OrgPolicy(registry, projects, resources, self.constraints, clock, ids),
        )
