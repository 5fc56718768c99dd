"""What a project may use: the table, and what was granted beyond it. Compute Engine and Vertex AI ask here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.projects import Project
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.services.billing.accounts import BillingAccounts
from labkit.localcloud.services.quotas import quota_table
from labkit.localcloud.services.quotas.quota_table import Quota

UNLIMITED = -1


class Review(Protocol):
    """Decides on a request for more, as Google's own staff and programs do."""

    @property
    def takes(self) -> timedelta:
        """How long the request is open."""
        ...

    def granted(self, quota: Quota, current: int, wanted: int) -> int:
        """The limit from then on: `wanted`, or `current` where the request is denied."""
        ...


@dataclass(frozen=True)
class ReviewByTable:
    """Grants what the table says is granted on request, and denies the rest. A minute is what small requests take."""

    takes: timedelta = timedelta(minutes=1)

    def granted(self, quota: Quota, current: int, wanted: int) -> int:
        return wanted if UNLIMITED < wanted <= quota.on_request else current


class Quotas:
    """Limits of projects. Preferences are kept as Cloud Quotas' own messages and settled when they are looked at."""

    def __init__(
        self, registry: Registry, resources: Resources, accounts: BillingAccounts, clock: Clock, review: Review
    ) -> None:
        self._types = registry.package("google.api.cloudquotas.v1")
        self._resources = resources
        self._accounts = accounts
        self._clock = clock
        self._review = review

    def limit(self, project: Project, metric: str, region: str = "") -> int:
        """How much of "compute.googleapis.com/nvidia_t4_gpus" the project may use in the region; -1 is without limit.

        `region` is empty for quotas of the whole project. Raises KeyError for a metric without a quota.
        """
        return self.limit_of(project, quota_table.of_metric(metric), {"region": region} if region else {})

    def limit_of(self, project: Project, quota: Quota, dimensions: Mapping[str, str]) -> int:
        """The preference for just these dimensions counts, else the one for all, else the table."""
        preferences = {
            tuple(sorted(preference.dimensions.items())): preference
            for preference in self.preferences(project)
            if (preference.service, preference.quota_id) == (quota.service, quota.quota_id)
        }
        for wanted in (tuple(sorted(dimensions.items())), ()):
            preference = preferences.get(wanted)
            if preference is not None and preference.quota_config.HasField("granted_value"):
                return int(preference.quota_config.granted_value.value)
        return quota.paid if self.is_paid(project) else quota.trial

    def is_paid(self, project: Project) -> bool:
        """Whether the project is paid for by an account that is not in its free trial."""
        account = self._accounts.of_project(project.id)
        return account is not None and account.is_open and not account.is_trial

    def preferences(self, project: Project) -> list[Any]:
        """The project's QuotaPreferences, oldest first."""
        parent = f"projects/{project.number}/locations/global"
        found = list(self._resources.children(self._types.QuotaPreference, parent))
        return [self.settled(preference) for preference in reversed(found)]

    def settled(self, preference: Any) -> Any:
        """The preference as it is now: a request whose review is over has its outcome."""
        due = preference.update_time.ToDatetime() + self._review.takes
        if preference.reconciling and self._clock.now().replace(tzinfo=None) >= due:
            config = preference.quota_config
            quota = quota_table.find(preference.service, preference.quota_id)
            assert quota is not None
            current = config.granted_value.value
            config.granted_value.value = self._review.granted(quota, current, config.preferred_value)
            is_granted = config.granted_value.value == config.preferred_value
            config.state_detail = "" if is_granted else "The request was denied; the limit is unchanged."
            preference.reconciling = False
            self._resources.update(preference)
        return preference
