"""What a policy may say. Source: https://cloud.google.com/iam/docs/reference/rest/v1/Policy and the pages it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from labkit.localcloud.core.access import Resource
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import conditions
from labkit.localcloud.iam.account_directory import AccountDirectory
from labkit.localcloud.iam.basic_roles import BASIC_ROLES, OWNER
from labkit.localcloud.iam.grantable import STORAGE_SERVICE, is_grantable
from labkit.localcloud.iam.hierarchy import PROJECTS_SERVICE
from labkit.localcloud.iam.members import ALL_AUTHENTICATED_USERS, ALL_USERS, CONVENIENCES, PUBLIC, Member, MemberKind
from labkit.localcloud.iam.policy import CONDITIONAL, Binding, Policy, members_of
from labkit.localcloud.iam.roles import Roles
from labkit.localcloud.iam.service_agents import is_service_agent

_VERSIONS = frozenset({0, 1, CONDITIONAL})
_MOST_MEMBERS = 1500

_ROLE_NAME = re.compile(r"roles/[\w.]+|(projects|organizations)/[^/]+/roles/[\w.]+")


class PolicyRules:
    """Refuses policies, with INVALID_ARGUMENT, as Google does before it keeps them."""

    def __init__(self, roles: Roles, accounts: AccountDirectory) -> None:
        self._roles = roles
        self._accounts = accounts

    def checked(self, policy: Policy, previous: Policy, resource: Resource) -> Policy:
        """The policy as it can be kept for the resource; what `previous` already says of members is not asked again."""
        if policy.version not in _VERSIONS:
            raise ApiError.invalid(f"Invalid policy version {policy.version}: it is 0, 1 or 3.")
        if policy.has_conditions and policy.version != CONDITIONAL:
            raise ApiError.invalid(
                f"The policy has conditional role bindings, which need policy version 3; this one is {policy.version}."
            )
        known = members_of(previous.bindings)
        bindings = tuple(self._binding(binding, known, resource) for binding in policy.bindings)
        if sum(len(binding.members) for binding in bindings) > _MOST_MEMBERS:
            raise ApiError.invalid(f"A policy has at most {_MOST_MEMBERS} members in all its bindings.")
        checked = replace(policy, bindings=bindings).normalised()
        if resource.service == PROJECTS_SERVICE:
            _check_owners(checked, previous)
        return checked

    def _binding(self, binding: Binding, known: frozenset[str], resource: Resource) -> Binding:
        self._check_role(binding.role, resource)
        members = tuple(
            text if text in known else self._member(Member.parse(text), resource).text for text in binding.members
        )
        if binding.condition:
            _check_condition(binding, members)
        return replace(binding, members=members)

    def _check_role(self, name: str, resource: Resource) -> None:
        if not _ROLE_NAME.fullmatch(name):
            raise ApiError.invalid(
                f"Invalid role name {name!r}. "
                'The role name must be in the form "roles/{role}", "organizations/{organization_id}/roles/{role}", '
                'or "projects/{project_id}/roles/{role}".'
            )
        role = self._roles.find(name)
        if not name.startswith("roles/") and (role is None or not name.startswith(f"projects/{resource.project}/")):
            raise ApiError.invalid(f"Role ({name}) does not exist in the resource's hierarchy.")
        if role is None or not is_grantable(role, resource):
            raise ApiError.invalid(f"Role {name} is not supported for this resource.")

    def _member(self, member: Member, resource: Resource) -> Member:
        if member.kind in PUBLIC and resource.service == PROJECTS_SERVICE:
            # https://cloud.google.com/resource-manager/reference/rest/v3/projects/setIamPolicy
            raise ApiError.invalid(f"Project does not support {ALL_USERS} and {ALL_AUTHENTICATED_USERS} as members.")
        if member.kind in CONVENIENCES and resource.service != STORAGE_SERVICE:
            raise ApiError.invalid(
                f"The member {member.text} is of an unknown type. Please set a valid type prefix for the member."
            )
        if member.kind is MemberKind.SERVICE_ACCOUNT and not self._exists(member.value):
            raise ApiError.invalid(f"Service account {member.value} does not exist.")
        return member

    def _exists(self, email: str) -> bool:
        return is_service_agent(email) or self._accounts.exists(email)


def _check_condition(binding: Binding, members: Iterable[str]) -> None:
    # https://cloud.google.com/iam/docs/conditions-overview#limitations
    if binding.role in BASIC_ROLES:
        raise ApiError.invalid(f"Conditions can't be used with the basic role {binding.role}.")
    if {ALL_USERS, ALL_AUTHENTICATED_USERS} & set(members):
        raise ApiError.invalid(f"Conditions can't be used with {ALL_USERS} and {ALL_AUTHENTICATED_USERS}.")
    assert binding.condition is not None
    conditions.check(binding.condition)


def _check_owners(policy: Policy, previous: Policy) -> None:
    """A project without an organization keeps an owner who is a person, and gets further ones by invitation only.

    Source: the constraints in https://cloud.google.com/resource-manager/reference/rest/v1/projects/setIamPolicy; the
    names are the types of its google.cloudresourcemanager.v1.ProjectIamPolicyError.
    """
    owners, before = _owners(policy), _owners(previous)
    for member in sorted(owners - before):
        if not member.startswith(f"{MemberKind.SERVICE_ACCOUNT.value}:"):
            raise ApiError.invalid(
                f"SOLO_MUST_INVITE_OWNERS: {member} cannot be made an owner with setIamPolicy; "
                "in a project without an organization, owners are invited in the Cloud Console."
            )
    prefix = f"{MemberKind.USER.value}:"
    if any(member.startswith(prefix) for member in before) and not any(member.startswith(prefix) for member in owners):
        raise ApiError.invalid(
            "SOLO_REQUIRE_TOS_ACCEPTOR: the policy would leave the project without an owner "
            "who has accepted the Terms of Service. Keep at least one user in roles/owner."
        )


def _owners(policy: Policy) -> frozenset[str]:
    return members_of(binding for binding in policy.bindings if binding.role == OWNER)
