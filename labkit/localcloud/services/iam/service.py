"""google.iam.admin.v1.IAM put together: service accounts, their keys and policies, roles."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.constraints import Constraints
from labkit.localcloud.iam.roles import Roles
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.services.iam.account_calls import AccountCalls
from labkit.localcloud.services.iam.key_calls import KeyCalls
from labkit.localcloud.services.iam.policy_calls import PolicyCalls, ServiceAccountPolicyCalls
from labkit.localcloud.services.iam.role_calls import RoleCalls


@dataclass(frozen=True)
class IamParts:
    """What the handlers work with."""

    registry: Registry
    accounts: ServiceAccounts
    roles: Roles
    policies: PolicyCalls
    constraints: Constraints


class IAM(RoleCalls, ServiceAccountPolicyCalls, AccountCalls, KeyCalls):
    """Each part brings its handlers; none shares state with another."""

    service = "google.iam.admin.v1.IAM"

    def __init__(self, parts: IamParts) -> None:
        RoleCalls.__init__(self, parts.registry, parts.roles)
        ServiceAccountPolicyCalls.__init__(self, parts.policies)
        AccountCalls.__init__(self, parts.registry, parts.accounts)
        KeyCalls.__init__(self, parts.registry, parts.accounts, parts.constraints)
