"""The APIs that a project of this cloud can enable, and those that a new project has enabled already.

Sources: `gcloud services list` on new projects, https://cloud.google.com/service-usage/docs/enabled-service#default;
titles as Google's SERVICE_DISABLED error gives them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_DOMAIN = ".googleapis.com"


@dataclass(frozen=True)
class KnownService:
    """`name` is its host. One that is `billable` cannot be used in a project without billing.

    Enabling it enables what it `needs`; what needs it must be disabled with it.
    """

    name: str
    title: str
    billable: bool = False
    needs: tuple[str, ...] = ()


def _free(name: str, title: str, *needs: str) -> KnownService:
    return KnownService(name + _DOMAIN, title, needs=_hosts(needs))


def _billed(name: str, title: str, *needs: str) -> KnownService:
    return KnownService(name + _DOMAIN, title, billable=True, needs=_hosts(needs))


def _hosts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name + _DOMAIN for name in names)


# Google enables these in every new project.
DEFAULTS = _hosts(
    (
        "analyticshub",
        "bigquery",
        "bigqueryconnection",
        "bigquerydatapolicy",
        "bigquerymigration",
        "bigqueryreservation",
        "bigquerystorage",
        "cloudapis",
        "cloudtrace",
        "dataform",
        "dataplex",
        "datastore",
        "logging",
        "monitoring",
        "servicemanagement",
        "serviceusage",
        "sql-component",
        "storage",
        "storage-api",
        "storage-component",
    )
)

# What a project is set up with is called before anything can be enabled in it. On Google Cloud such a call counts
# against the project of the program that makes it, which for gcloud and the console is Google's own.
ALWAYS_ON = frozenset(_hosts(("cloudbilling", "cloudresourcemanager", "serviceusage")))

_SERVICES = (
    _free("analyticshub", "Analytics Hub API"),
    _free("bigquery", "BigQuery API"),
    _free("bigqueryconnection", "BigQuery Connection API"),
    _free("bigquerydatapolicy", "BigQuery Data Policy API"),
    _free("bigquerymigration", "BigQuery Migration API"),
    _free("bigqueryreservation", "BigQuery Reservation API"),
    _free("bigquerystorage", "BigQuery Storage API"),
    _free("cloudapis", "Google Cloud APIs"),
    _free("cloudtrace", "Cloud Trace API"),
    _free("dataform", "Dataform API"),
    _free("dataplex", "Cloud Dataplex API"),
    _free("datastore", "Cloud Datastore API"),
    _free("logging", "Cloud Logging API"),
    _free("monitoring", "Cloud Monitoring API"),
    _free("servicemanagement", "Service Management API"),
    _free("serviceusage", "Service Usage API"),
    _free("sql-component", "Cloud SQL"),
    _billed("storage", "Cloud Storage API"),
    _billed("storage-api", "Google Cloud Storage JSON API"),
    _free("storage-component", "Cloud Storage"),
    _billed("aiplatform", "Vertex AI API"),
    _billed("artifactregistry", "Artifact Registry API"),
    _free("billingbudgets", "Cloud Billing Budget API"),
    _free("cloudasset", "Cloud Asset API"),
    _free("cloudbilling", "Cloud Billing API"),
    _billed("cloudbuild", "Cloud Build API", "artifactregistry", "pubsub"),
    _billed("cloudfunctions", "Cloud Functions API", "pubsub"),
    _free("cloudquotas", "Cloud Quotas API"),
    _free("cloudresourcemanager", "Cloud Resource Manager API"),
    _billed("compute", "Compute Engine API", "oslogin"),
    _free("eventarc", "Eventarc API", "pubsub"),
    _free("iam", "Identity and Access Management (IAM) API"),
    _free("iamcredentials", "IAM Service Account Credentials API"),
    _free("iap", "Cloud Identity-Aware Proxy API"),
    _billed("notebooks", "Notebooks API", "compute"),
    _free("orgpolicy", "Organization Policy API"),
    _free("oslogin", "Cloud OS Login API"),
    _free("pubsub", "Cloud Pub/Sub API"),
    _billed("run", "Cloud Run Admin API", "artifactregistry", "pubsub"),
    _billed("secretmanager", "Secret Manager API"),
)

CATALOGUE = {service.name: service for service in sorted(_SERVICES, key=lambda service: service.name)}


def with_needs(names: Iterable[str]) -> tuple[str, ...]:
    """The services and all that they need, each once, what is needed first. Raises KeyError for an unknown one."""
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(with_needs(CATALOGUE[name].needs)))
        found[name] = None
    return tuple(found)


def dependents(name: str, enabled: Iterable[str]) -> tuple[str, ...]:
    """Which of the enabled services need this one, directly or not."""
    return tuple(other for other in sorted(enabled) if other != name and name in with_needs([other]))
