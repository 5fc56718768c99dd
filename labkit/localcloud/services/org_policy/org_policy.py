"""Organization Policy: what may not be done in a project, whoever asks.

Source: google/cloud/orgpolicy/v2/orgpolicy.proto and constraint.proto.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.org_policy.constraint_table import CONSTRAINTS, KnownConstraint
from labkit.localcloud.services.org_policy.org_policies import OrgPolicies

_POLICY = re.compile(r"projects/(?P<project>[^/]+)/policies/(?P<constraint>[^/]+)")


class OrgPolicy:
    """google.cloud.orgpolicy.v2.OrgPolicy, of projects and of Google's own constraints."""

    service = "google.cloud.orgpolicy.v2.OrgPolicy"

    def __init__(
        self,
        registry: Registry,
        projects: Projects,
        resources: Resources,
        policies: OrgPolicies,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._types = registry.package("google.cloud.orgpolicy.v2")
        self._protobuf = registry.package("google.protobuf")
        self._projects = projects
        self._resources = resources
        self._policies = policies
        self._clock = clock
        self._ids = ids

    @requires("orgpolicy.constraints.list", on="parent")
    def ListConstraints(self, request: Any, context: Context) -> Any:
        project = self._project(request.parent, context)
        constraints = [self._constraint(project, constraint) for constraint in CONSTRAINTS.values()]
        return self._types.ListConstraintsResponse(constraints=constraints)

    @requires("orgpolicy.policies.list", on="parent")
    def ListPolicies(self, request: Any, context: Context) -> Any:
        return self._types.ListPoliciesResponse(policies=self._policies.of(self._project(request.parent, context)))

    @requires("orgpolicy.policy.get", on="name")
    def GetPolicy(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires("orgpolicy.policy.get", on="name")
    def GetEffectivePolicy(self, request: Any, context: Context) -> Any:
        """The project's own, for nothing stands above it; without one the constraint's default, which lets all pass."""
        project, constraint = self._named(request.name, context)
        effective = self._types.Policy(name=f"projects/{project.number}/policies/{constraint.name}")
        policy = self._policies.find(project, constraint.name)
        if policy is not None and not policy.spec.reset:
            effective.spec.rules.extend(policy.spec.rules)
        elif constraint.is_list:
            effective.spec.rules.add(allow_all=True)
        else:
            effective.spec.rules.add(enforce=False)
        return effective

    @requires("orgpolicy.policy.set", on="parent")
    def CreatePolicy(self, request: Any, context: Context) -> Any:
        project, constraint = self._named(request.policy.name, context)
        if project != self._project(request.parent, context):
            raise ApiError.invalid(f"{request.policy.name!r} is not of {request.parent!r}.", field="policy.name")
        policy = self._types.Policy(name=f"projects/{project.number}/policies/{constraint.name}")
        if self._policies.find(project, constraint.name) is not None:
            raise ApiError.already_exists(f"{policy.name} exists. Update it.")
        self._set(policy, request.policy, constraint)
        self._resources.insert(policy)
        return policy

    @requires("orgpolicy.policy.set", on="policy.name")
    def UpdatePolicy(self, request: Any, context: Context) -> Any:
        """The spec is replaced as a whole; a dry run is not kept."""
        if "dry_run_spec" in ",".join(request.update_mask.paths):
            raise ApiError.unimplemented("UpdatePolicy of dry_run_spec")
        policy = self._get(request.policy.name, context)
        self._check_etag(policy, request.policy.etag)
        self._set(policy, request.policy, self._named(request.policy.name, context)[1])
        self._resources.update(policy)
        return policy

    @requires("orgpolicy.policy.set", on="name")
    def DeletePolicy(self, request: Any, context: Context) -> Any:
        policy = self._get(request.name, context)
        self._check_etag(policy, request.etag)
        self._resources.delete(self._types.Policy, policy.name)
        return self._protobuf.Empty()

    def _set(self, policy: Any, given: Any, constraint: KnownConstraint) -> None:
        for violation in _violations(given.spec, constraint):
            raise violation
        policy.spec.CopyFrom(given.spec)
        policy.etag = policy.spec.etag = self._ids.opaque()[:16]
        policy.spec.update_time.FromDatetime(self._clock.now())

    def _get(self, name: str, context: Context) -> Any:
        project, constraint = self._named(name, context)
        policy = self._policies.find(project, constraint.name)
        if policy is None:
            raise ApiError.not_found("Requested entity was not found.")
        return policy

    def _named(self, name: str, context: Context) -> tuple[Project, KnownConstraint]:
        match = _POLICY.fullmatch(name)
        if match is None:
            raise ApiError.invalid(f"{name!r} is not projects/PROJECT/policies/CONSTRAINT.", field="name")
        constraint = CONSTRAINTS.get(match["constraint"])
        if constraint is None:
            raise ApiError.not_found(
                f"The constraint {match['constraint']!r} is not one of this cloud: {', '.join(CONSTRAINTS)}."
            )
        return self._project(f"projects/{match['project']}", context), constraint

    def _project(self, name: str, context: Context) -> Project:
        return self._projects.get(
            name.removeprefix("projects/"), permission=context.permission, host=context.method.api.host
        )

    def _check_etag(self, policy: Any, etag: str) -> None:
        if etag and etag != policy.etag:
            raise ApiError(Code.ABORTED, f"The etag {etag!r} is not that of the policy. Read it again.")

    def _constraint(self, project: Project, known: KnownConstraint) -> Any:
        constraint = self._types.Constraint(
            name=f"projects/{project.number}/constraints/{known.name}",
            display_name=known.display_name,
            description=known.description,
            constraint_default=self._types.Constraint.ConstraintDefault.Value("ALLOW"),
        )
        if known.is_list:
            constraint.list_constraint.supports_in = known.has_groups
        else:
            constraint.boolean_constraint.SetInParent()
        return constraint


def _violations(spec: Any, constraint: KnownConstraint) -> Iterator[ApiError]:
    if spec.reset and (spec.rules or spec.inherit_from_parent):
        yield ApiError.invalid("spec.reset excludes rules and inherit_from_parent.", field="policy.spec")
    if not constraint.is_list and not spec.reset and len(spec.rules) != 1:
        yield ApiError.invalid(
            f"{constraint.name} takes one rule; {len(spec.rules)} are given.", field="policy.spec.rules"
        )
    for rule in spec.rules:
        kind = rule.WhichOneof("kind")
        fits = kind in {"values", "allow_all", "deny_all"} if constraint.is_list else kind == "enforce"
        if not fits:
            wanted = "values, allow_all or deny_all" if constraint.is_list else "enforce"
            yield ApiError.invalid(f"A rule of {constraint.name} sets {wanted}, not {kind}.", field="policy.spec.rules")
        if rule.HasField("condition"):
            yield ApiError.unimplemented("a rule with a condition on tags, which this cloud does not have")
