"""The accounts that Google's services act as in a project, and the role that each is given when its API is enabled.

https://cloud.google.com/iam/docs/service-agents
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = "{number}"


@dataclass(frozen=True)
class ServiceAgent:
    """`pattern` has {number} where the project's number stands; `role` is granted on the project."""

    service: str
    pattern: str
    role: str

    def email(self, number: str) -> str:
        return self.pattern.format(number=number)


def _agent(service: str, domain: str, role: str) -> ServiceAgent:
    return ServiceAgent(f"{service}.googleapis.com", f"service-{_NUMBER}@{domain}.iam.gserviceaccount.com", role)


SERVICE_AGENTS = (
    _agent("aiplatform", "gcp-sa-aiplatform", "roles/aiplatform.serviceAgent"),
    _agent("aiplatform", "gcp-sa-aiplatform-cc", "roles/aiplatform.customCodeServiceAgent"),
    _agent("artifactregistry", "gcp-sa-artifactregistry", "roles/artifactregistry.serviceAgent"),
    _agent("cloudbuild", "gcp-sa-cloudbuild", "roles/cloudbuild.serviceAgent"),
    _agent("cloudfunctions", "gcf-admin-robot", "roles/cloudfunctions.serviceAgent"),
    _agent("cloudscheduler", "gcp-sa-cloudscheduler", "roles/cloudscheduler.serviceAgent"),
    ServiceAgent("compute.googleapis.com", f"{_NUMBER}@cloudservices.gserviceaccount.com", "roles/editor"),
    _agent("eventarc", "gcp-sa-eventarc", "roles/eventarc.serviceAgent"),
    _agent("notebooks", "gcp-sa-notebooks", "roles/notebooks.serviceAgent"),
    _agent("pubsub", "gcp-sa-pubsub", "roles/pubsub.serviceAgent"),
    _agent("run", "serverless-robot-prod", "roles/run.serviceAgent"),
)

# Cloud Storage's own has no role until somebody grants one.
_WITHOUT_A_ROLE = (f"service-{_NUMBER}@gs-project-accounts.iam.gserviceaccount.com",)

_AGENT = re.compile(
    "|".join(
        re.escape(pattern).replace(re.escape(_NUMBER), r"\d+")
        for pattern in (*(agent.pattern for agent in SERVICE_AGENTS), *_WITHOUT_A_ROLE)
    )
)


def agents_of(service: str) -> tuple[ServiceAgent, ...]:
    """Those of an API, "aiplatform.googleapis.com"."""
    return tuple(agent for agent in SERVICE_AGENTS if agent.service == service)


def is_service_agent(email: str) -> bool:
    """Whether it is the address of a service's own account, in whatever project."""
    return bool(_AGENT.fullmatch(email))
