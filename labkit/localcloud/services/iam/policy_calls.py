"""GetIamPolicy, SetIamPolicy and TestIamPermissions, alike for every resource that has a policy.

A service's handlers of these names demand its own permissions and hand over:

    @requires("run.services.getIamPolicy", on="resource")
    def GetIamPolicy(self, request, context):
        return self._policies.get(request, context)

Source: google/iam/v1/iam_policy.proto.
"""

from __future__ import annotations

import re
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.policy import CONDITIONAL, Policy
from labkit.localcloud.services.iam.policy_messages import PolicyMessages

# What a SetIamPolicy without a mask changes: iam_policy.proto, SetIamPolicyRequest.update_mask.
_DEFAULT_MASK = frozenset({"bindings", "etag"})
_MASK = _DEFAULT_MASK | {"version", "audit_configs"}

_PERMISSION = re.compile(r"(?P<service>[a-z][\w-]*)\.[\w./-]*\w")


class PolicyCalls:
    """The resource of a request is where `Access.locate` finds its name on the API that was called."""

    def __init__(self, registry: Registry, control: AccessControl) -> None:
        self._messages = PolicyMessages(registry)
        self.control = control

    def get(self, request: Any, context: Context) -> Any:
        """A policy without conditions is of version 1, whatever was asked for."""
        requested = request.options.requested_policy_version
        if requested not in {0, 1, CONDITIONAL}:
            raise ApiError.invalid(
                f"Invalid requested policy version {requested}: it is 0, 1 or 3.",
                field="options.requested_policy_version",
            )
        name = self.control.hierarchy.full_name(_resource(request, context))
        return self._messages.to_message(self.control.policies.get(name).at_version(requested))

    def set(self, request: Any, context: Context) -> Any:
        """Returns the policy as it is kept, with its new etag."""
        resource = _resource(request, context)
        name = self.control.hierarchy.full_name(resource)
        previous = self.control.policies.get(name)
        wanted = self._wanted(request, previous)
        kept = self.control.policies.set(name, self.control.rules.checked(wanted, previous, resource))
        return self._messages.to_message(kept)

    def test(self, request: Any, context: Context) -> Any:
        """Those of the permissions that the caller has; a service that this cloud does not know gives none."""
        for permission in request.permissions:
            self._check_permission(permission)
        resource = _resource(request, context)
        held = [
            permission
            for permission in request.permissions
            if context.access.permits(context.principal, permission, resource)
        ]
        return self._messages.test_reply(held)

    def _wanted(self, request: Any, previous: Policy) -> Policy:
        mask = set(request.update_mask.paths) or _DEFAULT_MASK
        if not mask <= _MASK:
            raise ApiError.invalid(
                f"Invalid update mask {', '.join(sorted(mask - _MASK))}: it may name {', '.join(sorted(_MASK))}.",
                field="update_mask",
            )
        given = self._messages.to_policy(request.policy)
        return Policy(
            bindings=given.bindings if "bindings" in mask else previous.bindings,
            etag=given.etag,
            version=given.version if "bindings" in mask else previous.version,
            audit_configs=given.audit_configs if "audit_configs" in mask else previous.audit_configs,
        )

    def _check_permission(self, permission: str) -> None:
        predefined = self.control.roles.predefined
        match = _PERMISSION.fullmatch(permission)
        if "*" in permission:
            raise ApiError.invalid(f"Wildcard permissions are not allowed: {permission}.", field="permissions")
        known_service = match and match["service"] in predefined.services
        if match is None or (known_service and permission not in predefined.permission_set):
            raise ApiError.invalid(f"Permission {permission} is not valid for this resource.", field="permissions")


class ServiceAccountPolicyCalls:
    """The three for service accounts, as handlers of google.iam.admin.v1.IAM.

    Whoever has `setIamPolicy` there decides who may act as the account.
    """

    def __init__(self, policies: PolicyCalls) -> None:
        self._account_policies = policies

    @requires("iam.serviceAccounts.getIamPolicy", on="resource")
    def GetIamPolicy(self, request: Any, context: Context) -> Any:
        self._require_account(request, context)
        return self._account_policies.get(request, context)

    @requires("iam.serviceAccounts.setIamPolicy", on="resource")
    def SetIamPolicy(self, request: Any, context: Context) -> Any:
        self._require_account(request, context)
        return self._account_policies.set(request, context)

    @open_to_callers("answers with what the caller may do")
    def TestIamPermissions(self, request: Any, context: Context) -> Any:
        return self._account_policies.test(request, context)

    def _require_account(self, request: Any, context: Context) -> None:
        control = self._account_policies.control
        email = control.hierarchy.full_name(_resource(request, context)).rpartition("/")[2]
        if not control.accounts.exists(email):
            raise ApiError.not_found(f"Service account {request.resource} does not exist.")


def _resource(request: Any, context: Context) -> Resource:
    return context.access.locate(context.method.api.host, request.resource)
