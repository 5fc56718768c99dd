"""How Google says that an API is off, unknown, needed, or not paid for.

Source: google/api/error_reason.proto, and responses of the public API.
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.service_usage.catalogue import CATALOGUE

# Not the service that was called: what stands in front of all of them refuses.
_DOMAIN = "googleapis.com"


def service_disabled(project: Project, service: str) -> ApiError:
    """For every call to an API that the project has not enabled."""
    title = CATALOGUE[service].title
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={project.number}"
    message = (
        f"{title} has not been used in project {project.number} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    return ApiError(
        Code.PERMISSION_DENIED,
        message,
        reason="SERVICE_DISABLED",
        domain=_DOMAIN,
        metadata={
            "consumer": f"projects/{project.number}",
            "service": service,
            "serviceTitle": title,
            "containerInfo": project.number,
            "activationUrl": url,
        },
        details=(_localized(message), _help("Google developers console API activation", url)),
    )


def billing_disabled(project: Project, service: str) -> ApiError:
    """For every call to a billable API that is enabled, in a project without billing."""
    url = f"https://console.developers.google.com/billing/enable?project={project.number}"
    return ApiError(
        Code.PERMISSION_DENIED,
        f"This API method requires billing to be enabled. Please enable billing on project #{project.number} by "
        f"visiting {url} then retry. If you enabled billing for this project recently, wait a few minutes for the "
        "action to propagate to our systems and retry.",
        reason="BILLING_DISABLED",
        domain=_DOMAIN,
        metadata={"consumer": f"projects/{project.number}", "service": service, "containerInfo": project.number},
        details=(_help("Google developers console billing", url),),
    )


def project_deleted(project: Project, service: str) -> ApiError:
    """For every call in a project that is shut down."""
    return ApiError(
        Code.PERMISSION_DENIED,
        f"Project #{project.number} has been deleted.",
        reason="USER_PROJECT_DENIED",
        domain=_DOMAIN,
        metadata={"consumer": f"projects/{project.number}", "service": service},
        details=(_help("Google developers console", "https://console.developers.google.com"),),
    )


def unknown_services(names: Sequence[str]) -> ApiError:
    """What does not exist and what one may not see are one to Service Usage."""
    listed = ",".join(names)
    violation = {"type": _DOMAIN, "subject": f"?error_code=220002&services={listed}"}
    return ApiError(
        Code.PERMISSION_DENIED,
        f"Not found or permission denied for service(s): {', '.join(names)}.",
        reason="SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
        metadata={"services": listed},
        details=({"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]},),
    )


def billing_not_found(project: Project, services: Sequence[str]) -> ApiError:
    """For the enabling of billable APIs in a project without billing."""
    listed = ",".join(services)
    violation = {
        "type": "googleapis.com/billing-enabled",
        "subject": project.number,
        "description": f"https://console.developers.google.com/project/{project.number}/settings",
    }
    return ApiError(
        Code.FAILED_PRECONDITION,
        f"Billing account for project '{project.number}' is not found. Billing must be enabled for activation of "
        f"service(s) '{listed}' to proceed.",
        reason="UREQ_PROJECT_BILLING_NOT_FOUND",
        metadata={"project": project.number, "services": listed},
        details=({"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]},),
    )


def has_dependents(service: str, others: Sequence[str]) -> ApiError:
    """For the disabling of an API that others which are enabled need."""
    return ApiError(
        Code.FAILED_PRECONDITION,
        f"The service {service} is depended on by the following active service(s): {','.join(others)}; Please specify "
        "disable_dependent_services=true if you want to proceed with disabling all services.",
        reason="COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES",
        metadata={"service": service, "dependents": ",".join(others)},
    )


def not_enabled(project: Project, service: str) -> ApiError:
    """For the disabling of an API that is off."""
    return ApiError.precondition(f"Service {service} is not enabled for consumer project:{project.number}.")


def _localized(message: str) -> dict[str, str]:
    return {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message}


def _help(description: str, url: str) -> dict[str, object]:
    links = [{"description": description, "url": url}]
    return {"@type": "type.googleapis.com/google.rpc.Help", "links": links}
