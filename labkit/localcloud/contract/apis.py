"""The APIs whose contract the local cloud knows: what no handler serves yet is still refused by its own name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from labkit.localcloud.contract.mixins import Mixin, iam_policy, locations, operations, vertex

# A regional endpoint puts its region before the service ("us-central1-aiplatform", "us-central1-prediction-aiplatform")
# or after it ("aiplatform.us.rep"); mutual TLS has a name of its own.
_HOST = re.compile(r"(?:[a-z0-9-]+-)?(?P<service>[a-z]+)(?:\.mtls|\.[a-z0-9-]+\.rep)?\.googleapis\.com(?::\d+)?")


@dataclass(frozen=True)
class Api:
    """One version of one of Google's APIs. Its protos lie in the folder that its package names."""

    host: str
    package: str
    title: str
    mixins: tuple[Mixin, ...] = field(default=(), repr=False)

    @property
    def version(self) -> str:
        """The prefix of its REST paths: "v1beta1"."""
        return self.package.rpartition(".")[2]

    @property
    def folder(self) -> str:
        return self.package.replace(".", "/")


APIS = (
    Api("aiplatform.googleapis.com", "google.cloud.aiplatform.v1", "Vertex AI", vertex("v1")),
    Api("aiplatform.googleapis.com", "google.cloud.aiplatform.v1beta1", "Vertex AI (v1beta1)", vertex("v1beta1")),
    Api(
        "artifactregistry.googleapis.com",
        "google.devtools.artifactregistry.v1",
        "Artifact Registry",
        operations("v1", "GetOperation") + locations("v1", "GetLocation", "ListLocations"),
    ),
    Api("billingbudgets.googleapis.com", "google.cloud.billing.budgets.v1", "Cloud Billing Budgets"),
    Api(
        "cloudasset.googleapis.com",
        "google.cloud.asset.v1",
        "Cloud Asset Inventory",
        operations("v1", "GetOperation", name="*/*/operations/*/**"),
    ),
    Api("cloudbilling.googleapis.com", "google.cloud.billing.v1", "Cloud Billing"),
    Api(
        "cloudbuild.googleapis.com",
        "google.devtools.cloudbuild.v1",
        "Cloud Build",
        # cloud.google.com/build/docs/api/reference/rest/v1/operations: both forms of a name are current.
        operations("v1", "GetOperation", "CancelOperation")
        + operations("v1", "GetOperation", "CancelOperation", name="operations/**"),
    ),
    Api(
        "cloudfunctions.googleapis.com",
        "google.cloud.functions.v2",
        "Cloud Run functions",
        operations("v2", "GetOperation", "ListOperations")
        + locations("v2", "ListLocations")
        + iam_policy("v2", "projects/*/locations/*/functions/*"),
    ),
    Api("cloudquotas.googleapis.com", "google.api.cloudquotas.v1", "Cloud Quotas"),
    Api("cloudquotas.googleapis.com", "google.api.cloudquotas.v1beta", "Cloud Quotas (v1beta)"),
    Api(
        "cloudresourcemanager.googleapis.com",
        "google.cloud.resourcemanager.v3",
        "Resource Manager",
        operations("v3", "GetOperation", name="operations/**"),
    ),
    Api("compute.googleapis.com", "google.cloud.compute.v1", "Compute Engine"),
    Api("iam.googleapis.com", "google.iam.admin.v1", "Identity and Access Management"),
    Api("iamcredentials.googleapis.com", "google.iam.credentials.v1", "Service Account Credentials"),
    Api(
        "logging.googleapis.com",
        "google.logging.v2",
        "Cloud Logging",
        # cloud.google.com/logging/docs/reference/v2/rest: projects, folders, organizations and billing accounts alike.
        operations("v2", "GetOperation", "ListOperations", "CancelOperation", name="*/*/locations/*/operations/*")
        + locations("v2", "GetLocation", "ListLocations"),
    ),
    Api(
        "notebooks.googleapis.com",
        "google.cloud.notebooks.v2",
        "Vertex AI Workbench",
        operations("v2", "GetOperation", "ListOperations", "DeleteOperation", "CancelOperation")
        + locations("v2", "GetLocation", "ListLocations")
        + iam_policy("v2", "projects/*/locations/*/instances/*"),
    ),
    Api("orgpolicy.googleapis.com", "google.cloud.orgpolicy.v2", "Organization Policy"),
    Api(
        "pubsub.googleapis.com",
        "google.pubsub.v1",
        "Pub/Sub",
        iam_policy("v1", *(f"projects/*/{kind}/*" for kind in ("topics", "subscriptions", "snapshots", "schemas"))),
    ),
    Api(
        "run.googleapis.com",
        "google.cloud.run.v2",
        "Cloud Run",
        operations("v2", "GetOperation", "ListOperations", "DeleteOperation", "WaitOperation"),
    ),
    Api(
        "secretmanager.googleapis.com",
        "google.cloud.secretmanager.v1",
        "Secret Manager",
        locations("v1", "GetLocation", "ListLocations"),
    ),
    Api(
        "serviceusage.googleapis.com",
        "google.api.serviceusage.v1",
        "Service Usage",
        operations("v1", "GetOperation", "ListOperations", name="operations/*"),
    ),
)


def canonical_host(host: str) -> str | None:
    """The host in the API table that a regional, mutual-TLS or plain endpoint stands for; None if it is no Google API.

    >>> canonical_host("us-central1-aiplatform.googleapis.com")
    'aiplatform.googleapis.com'
    """
    match = _HOST.fullmatch(host.lower())
    return f"{match['service']}.googleapis.com" if match else None
