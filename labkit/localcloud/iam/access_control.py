"""IAM put together: its parts, each made once, for the services that ask it and the ones that change it."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.account_directory import AccountDirectory
from labkit.localcloud.iam.authorizer import Authorizer
from labkit.localcloud.iam.custom_roles import CustomRoles
from labkit.localcloud.iam.hierarchy import Hierarchy
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.policy_rules import PolicyRules
from labkit.localcloud.iam.predefined_roles import PredefinedRoles
from labkit.localcloud.iam.roles import Roles


@dataclass(frozen=True)
class AccessControl:
    """`authorizer` is the Access that dispatch asks; `rules` is what a new policy has to pass."""

    policies: Policies
    accounts: AccountDirectory
    roles: Roles
    hierarchy: Hierarchy
    rules: PolicyRules
    authorizer: Authorizer

    @classmethod
    def over(
        cls, policies: Policies, accounts: AccountDirectory, *, store: Store, projects: Projects, clock: Clock
    ) -> AccessControl:
        """`policies` come from outside: the accounts, which are asked here, change them when one is deleted."""
        roles = Roles(PredefinedRoles(), CustomRoles(store, clock))
        hierarchy = Hierarchy(projects, accounts)
        authorizer = Authorizer(policies, roles, hierarchy, clock)
        return cls(policies, accounts, roles, hierarchy, PolicyRules(roles, accounts), authorizer)
