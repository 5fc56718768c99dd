"""`storage.buckets.getIamPolicy`, `setIamPolicy` and `testIamPermissions` of the JSON API.

Source: https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from labkit.localcloud.core.access import Resource
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import policy_json
from labkit.localcloud.iam.policy import CONDITIONAL, Policy, members_of
from labkit.localcloud.iam.policy_rules import PolicyRules
from labkit.localcloud.services.storage import acls, refusals
from labkit.localcloud.services.storage.call import Call
from labkit.localcloud.services.storage.entities import Bucket
from labkit.localcloud.services.storage.preconditions import integer
from labkit.localcloud.services.storage.public_access import PublicAccess
from labkit.localcloud.services.storage.representations import etag
from labkit.localcloud.services.storage.storage import Storage


class PolicyCalls:
    """A policy's etag is its bucket's: a change of either is a change of the bucket's metadata."""

    def __init__(self, storage: Storage, rules: PolicyRules, public_access: PublicAccess) -> None:
        self._storage = storage
        self._rules = rules
        self._public_access = public_access

    async def get(self, call: Call) -> Response:
        """Fails for a version that cannot say what the policy says, as the API's discovery document has it."""
        requested = integer(call.query, "optionsRequestedPolicyVersion")
        if requested is not None and requested < 1:
            raise ApiError.invalid(f"Invalid value '{requested}' for parameter 'optionsRequestedPolicyVersion'.")
        bucket = self._storage.buckets.get(call.bucket)
        policy = self._storage.policies.get(bucket)
        if policy.has_conditions and (requested or 1) < CONDITIONAL:
            raise ApiError.invalid(
                f"The policy of bucket '{bucket.name}' has conditional role bindings. Ask for it with "
                f"optionsRequestedPolicyVersion={CONDITIONAL}."
            )
        return call.reply(_shown(policy, bucket))

    async def set(self, call: Call) -> Response:
        body = await call.body()
        with self._storage.objects.transaction():
            bucket = self._storage.buckets.get(call.bucket)
            if body.text("etag") not in ("", etag(bucket.metageneration)):
                raise refusals.condition_not_met()
            wanted = policy_json.from_json({**body.fields, "etag": ""})
            checked = self._checked(wanted, bucket, call)
            kept = self._storage.policies.set(bucket, checked)
            bucket = self._storage.buckets.touch(bucket.name)
        return call.reply(_shown(kept, bucket))

    async def test(self, call: Call) -> Response:
        """Those of the permissions that the caller has."""
        wanted = call.request.query_params.getlist("permissions")
        if not wanted:
            raise refusals.required("permissions")
        if unknown := [name for name in wanted if not name.startswith(("storage.buckets.", "storage.objects."))]:
            raise ApiError.invalid(f"Invalid argument. Permission {unknown[0]} is not valid for a bucket.")
        held = [name for name in wanted if call.caller.permits_on_bucket(name, call.bucket)]
        reply: dict[str, Any] = {"kind": "storage#testIamPermissionsResponse"}
        return call.reply({**reply, "permissions": held} if held else reply)

    def _checked(self, policy: Policy, bucket: Bucket, call: Call) -> Policy:
        project = call.caller.project_of(bucket)
        resource = Resource("storage.googleapis.com", f"projects/_/buckets/{bucket.name}", project=project)
        public = members_of(policy.bindings) & acls.PUBLIC
        call.caller.check_public_access(bucket, is_public=bool(public))
        self._public_access.check_new_members(public, project)
        if policy.has_conditions and not bucket.configuration.uniform_access:
            raise refusals.conditions_need_uniform_access()
        return replace(self._rules.checked(policy, self._storage.policies.get(bucket), resource), etag=b"")


def _shown(policy: Policy, bucket: Bucket) -> dict[str, Any]:
    return {
        "kind": "storage#policy",
        "resourceId": f"projects/_/buckets/{bucket.name}",
        **policy_json.to_json(policy),
        "etag": etag(bucket.metageneration),
    }
