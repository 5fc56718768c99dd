"""Cloud Quotas: read limits, ask for more.

Source: google/api/cloudquotas/v1/cloudquotas.proto and resources.proto.
"""

from __future__ import annotations

import re
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core import filters
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.quotas import quota_table
from labkit.localcloud.services.quotas.quota_table import QUOTAS, REGIONS, Quota
from labkit.localcloud.services.quotas.quotas import UNLIMITED, Quotas

_SERVICE = re.compile(r"projects/(?P<project>[^/]+)/locations/global/services/(?P<service>[^/]+)")
_INFO = re.compile(_SERVICE.pattern + r"/quotaInfos/(?P<quota>[^/]+)")
_LOCATION = re.compile(r"projects/(?P<project>[^/]+)/locations/global")
_PREFERENCE = re.compile(_LOCATION.pattern + r"/quotaPreferences/(?P<id>[^/]+)")
_GET = "cloudquotas.quotas.get"
_UPDATE = "cloudquotas.quotas.update"


class CloudQuotas:
    """CloudQuotas of one version, of projects: there are no folders and no organizations here.

    v1 and v1beta, which gcloud speaks, have the same messages and share what is kept.
    """

    def __init__(
        self,
        version: str,
        registry: Registry,
        projects: Projects,
        resources: Resources,
        quotas: Quotas,
        clock: Clock,
        ids: Ids,
    ) -> None:
        package = f"google.api.cloudquotas.{version}"
        self.service = f"{package}.CloudQuotas"
        self._types = registry.package(package)
        self._projects = projects
        self._resources = resources
        self._quotas = quotas
        self._clock = clock
        self._ids = ids

    @requires(_GET, on="parent")
    def ListQuotaInfos(self, request: Any, context: Context) -> Any:
        match = _match(_SERVICE, request.parent, "parent")
        project = self._project(match["project"], context)
        found = [quota for quota in QUOTAS if quota.service == match["service"]]
        part = page(found, size=request.page_size, token=request.page_token)
        return self._types.ListQuotaInfosResponse(
            quota_infos=[self._info(project, quota) for quota in part.items], next_page_token=part.next_token
        )

    @requires(_GET, on="name")
    def GetQuotaInfo(self, request: Any, context: Context) -> Any:
        match = _match(_INFO, request.name, "name")
        project = self._project(match["project"], context)
        return self._info(project, _quota(match["service"], match["quota"]))

    @requires(_GET, on="parent")
    def ListQuotaPreferences(self, request: Any, context: Context) -> Any:
        project = self._project(_match(_LOCATION, request.parent, "parent")["project"], context)
        passes = filters.parse(request.filter)
        found = [preference for preference in self._quotas.preferences(project) if passes(preference)]
        part = page(found, size=request.page_size, token=request.page_token)
        return self._types.ListQuotaPreferencesResponse(quota_preferences=part.items, next_page_token=part.next_token)

    @requires(_GET, on="name")
    def GetQuotaPreference(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires(_UPDATE, on="parent")
    def CreateQuotaPreference(self, request: Any, context: Context) -> Any:
        """There is one preference for one quota and one set of dimensions."""
        project = self._project(_match(_LOCATION, request.parent, "parent")["project"], context)
        given = request.quota_preference
        quota = _quota(given.service, given.quota_id)
        _check_dimensions(quota, given)
        for other in self._quotas.preferences(project):
            if (other.service, other.quota_id, other.dimensions) == (given.service, given.quota_id, given.dimensions):
                raise ApiError.already_exists(f"{other.name} exists for this quota. Update it.")
        preference = self._types.QuotaPreference(
            name=f"projects/{project.number}/locations/global/quotaPreferences/"
            + (request.quota_preference_id or self._ids.opaque()),
            service=given.service,
            quota_id=given.quota_id,
            dimensions=given.dimensions,
            justification=given.justification,
        )
        preference.create_time.FromDatetime(self._clock.now())
        self._ask(preference, given, quota, project)
        self._resources.insert(preference)
        return preference

    @requires(_UPDATE, on="quota_preference.name")
    def UpdateQuotaPreference(self, request: Any, context: Context) -> Any:
        given = request.quota_preference
        if request.allow_missing:
            raise ApiError.unimplemented("UpdateQuotaPreference with allow_missing")
        preference = self._get(given.name, context)
        if given.etag and given.etag != preference.etag:
            raise ApiError(Code.ABORTED, f"The etag {given.etag!r} is not that of the preference. Read it again.")
        project = self._project(_match(_PREFERENCE, given.name, "name")["project"], context)
        self._ask(preference, given, _quota(preference.service, preference.quota_id), project)
        if not request.validate_only:
            self._resources.update(preference)
        return preference

    def _ask(self, preference: Any, given: Any, quota: Quota, project: Project) -> None:
        """Less is granted at once, more after a review, and only to a project that is paid for."""
        current = self._quotas.limit_of(project, quota, preference.dimensions)
        wanted = given.quota_config.preferred_value
        if wanted < UNLIMITED:
            raise ApiError.invalid(
                f"preferred_value is {wanted}. Ask for 0 or more, or -1 for no limit.",
                field="quota_config.preferred_value",
            )
        is_increase = wanted == UNLIMITED or wanted > current
        if is_increase and not self._quotas.is_paid(project):
            raise _not_eligible(project, quota)
        if is_increase and not given.contact_email:
            raise ApiError.invalid("contact_email is required to ask for more quota.", field="contact_email")
        config = preference.quota_config
        config.preferred_value = wanted
        config.state_detail = ""
        config.granted_value.value = current if is_increase else wanted
        if is_increase:
            config.trace_id = self._ids.opaque()
        preference.reconciling = is_increase
        preference.update_time.FromDatetime(self._clock.now())
        preference.etag = self._ids.opaque()[:16]

    def _get(self, name: str, context: Context) -> Any:
        match = _match(_PREFERENCE, name, "name")
        project = self._project(match["project"], context)
        canonical = f"projects/{project.number}/locations/global/quotaPreferences/{match['id']}"
        return self._quotas.settled(self._resources.get(self._types.QuotaPreference, canonical))

    def _project(self, id_or_number: str, context: Context) -> Project:
        return self._projects.get(id_or_number, permission=context.permission, host=context.method.api.host)

    def _info(self, project: Project, quota: Quota) -> Any:
        types = self._types
        eligibility = types.QuotaIncreaseEligibility(is_eligible=self._quotas.is_paid(project))
        if not eligibility.is_eligible:
            reason = types.QuotaIncreaseEligibility.IneligibilityReason.Value("NO_VALID_BILLING_ACCOUNT")
            eligibility.ineligibility_reason = reason
        name = f"projects/{project.number}/locations/global/services/{quota.service}/quotaInfos/{quota.quota_id}"
        return types.QuotaInfo(
            name=name,
            quota_id=quota.quota_id,
            metric=quota.metric,
            service=quota.service,
            is_precise=True,
            container_type=types.QuotaInfo.ContainerType.Value("PROJECT"),
            dimensions=["region"] if quota.regional else [],
            metric_display_name=quota.title,
            quota_display_name=quota.title,
            metric_unit="1",
            quota_increase_eligibility=eligibility,
            dimensions_infos=self._dimensions(project, quota),
            service_request_quota_uri="https://console.cloud.google.com/iam-admin/quotas",
        )

    def _dimensions(self, project: Project, quota: Quota) -> list[Any]:
        """One for each region whose limit was asked for, and one for all others."""
        if not quota.regional:
            return [self._dimension(project, quota, {}, ["global"])]
        asked = {
            preference.dimensions["region"]
            for preference in self._quotas.preferences(project)
            if (preference.service, preference.quota_id) == (quota.service, quota.quota_id)
            and "region" in preference.dimensions
        }
        own = [self._dimension(project, quota, {"region": region}, [region]) for region in sorted(asked)]
        return [*own, self._dimension(project, quota, {}, [region for region in REGIONS if region not in asked])]

    def _dimension(self, project: Project, quota: Quota, dimensions: dict[str, str], locations: list[str]) -> Any:
        value = self._quotas.limit_of(project, quota, dimensions)
        return self._types.DimensionsInfo(
            dimensions=dimensions,
            details=self._types.QuotaDetails(value=value),
            applicable_locations=locations,
        )


def _match(pattern: re.Pattern[str], name: str, field: str) -> re.Match[str]:
    match = pattern.fullmatch(name)
    if match is None:
        raise ApiError.invalid(f"{name!r} is not of the form {pattern.pattern}.", field=field)
    return match


def _quota(service: str, quota_id: str) -> Quota:
    quota = quota_table.find(service, quota_id)
    if quota is None:
        raise ApiError.not_found(f"The service {service!r} has no quota {quota_id!r}.")
    return quota


def _check_dimensions(quota: Quota, preference: Any) -> None:
    allowed = {"region"} if quota.regional else set()
    if unknown := set(preference.dimensions) - allowed:
        raise ApiError.invalid(f"{quota.quota_id} has no dimension {sorted(unknown)}.", field="dimensions")
    region = preference.dimensions.get("region", REGIONS[0])
    if region not in REGIONS:
        raise ApiError.invalid(f"{region!r} is no region of {quota.quota_id}.", field="dimensions")


def _not_eligible(project: Project, quota: Quota) -> ApiError:
    return ApiError(
        Code.FAILED_PRECONDITION,
        f"Project {project.id} is not eligible to ask for more of {quota.quota_id}: NO_VALID_BILLING_ACCOUNT. A free "
        "trial has no GPUs and cannot ask for quota. Upgrade the billing account to a paid one; its credit stays.",
        reason="NO_VALID_BILLING_ACCOUNT",
    )
