"""Public access prevention: a bucket's own, or its organization's.

Source: https://cloud.google.com/storage/docs/public-access-prevention
"""

from __future__ import annotations

from labkit.localcloud.core import constraints
from labkit.localcloud.core.constraints import Constraints
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket

_ENFORCED = "enforced"


class PublicAccess:
    """What the organization policy of a project says of its buckets; projects are named by their ids."""

    def __init__(self, rules: Constraints) -> None:
        self._rules = rules

    def is_prevented(self, bucket: Bucket, project: str) -> bool:
        """Whether allUsers and allAuthenticatedUsers count for nothing in this bucket."""
        if bucket.configuration.public_access_prevention == _ENFORCED:
            return True
        return self._rules.enforces(project, constraints.PUBLIC_ACCESS_PREVENTION)

    def check_new_members(self, members: frozenset[str], project: str) -> None:
        """Before a policy names everyone: domain restricted sharing shuts out whoever is in no domain."""
        if members and self._rules.allowed_values(project, constraints.ALLOWED_MEMBER_DOMAINS).allowed is not None:
            message = "One or more users named in the policy do not belong to a permitted customer."
            raise ApiError(Code.FAILED_PRECONDITION, message, reason=refusals.CONDITION_NOT_MET)

    def check_new_bucket(self, configuration: BucketConfiguration, project: str) -> None:
        """Raises conditionNotMet for what the organization does not let a bucket be."""
        location = configuration.location.name
        if not self._rules.allowed_values(project, constraints.RESOURCE_LOCATIONS).allows(location):
            raise _violation(f"'{location.lower()}' violates constraint", constraints.RESOURCE_LOCATIONS)
        self.check_uniform_access(configuration, project)

    def check_uniform_access(self, configuration: BucketConfiguration, project: str) -> None:
        """Raises conditionNotMet for a bucket with lists where the organization wants none."""
        required = self._rules.enforces(project, constraints.UNIFORM_BUCKET_ACCESS)
        if required and not configuration.uniform_access:
            raise _violation("Request violates constraint", constraints.UNIFORM_BUCKET_ACCESS)


def _violation(what: str, constraint: str) -> ApiError:
    message = f"{what} 'constraints/{constraint}'"
    return ApiError(Code.FAILED_PRECONDITION, message, reason=refusals.CONDITION_NOT_MET)
