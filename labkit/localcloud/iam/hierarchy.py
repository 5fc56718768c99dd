"""Where a resource stands: its project, and the names under which policies that concern it are kept."""

from __future__ import annotations

import re
from dataclasses import replace

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.iam.account_directory import AccountDirectory

PROJECTS_SERVICE = "cloudresourcemanager.googleapis.com"
BILLING_SERVICE = "cloudbilling.googleapis.com"
IAM_SERVICE = "iam.googleapis.com"

_SERVICE_ACCOUNT = re.compile(r"projects/(?P<project>[^/]+)/serviceAccounts/(?P<account>[^/]+)(?P<rest>/.*)?")
# Whose account it is, by its address: its own project's, or Compute Engine's default one.
_HOME = re.compile(
    r"[^@]+@(?P<id>[^.]+)\.iam\.gserviceaccount\.com|(?P<number>\d+)-compute@developer\.gserviceaccount\.com"
)


class Hierarchy:
    """There is no organization in this cloud: what is above a resource ends at its project or billing account."""

    def __init__(self, projects: Projects, accounts: AccountDirectory) -> None:
        self._projects = projects
        self._accounts = accounts

    def locate(self, service: str, name: str) -> Resource:
        """The resource of this name, which stays as it was given; in no project where the project is not here."""
        segments = name.split("/")
        resource = Resource(service, name, _type(service, segments))
        if segments[0] != "projects" or len(segments) < 2:
            return resource
        project = self._projects.find(self._project_key(name, segments[1]))
        return replace(resource, project=project.id) if project else resource

    def full_name(self, resource: Resource) -> str:
        """The name its policy is kept under: whichever of a project's names, or an account's, was used to ask."""
        return f"//{resource.service}/{self._canonical(resource)}"

    def policy_names(self, resource: Resource) -> tuple[str, ...]:
        """Where policies that concern a resource may be: itself, what its name lies below, its project."""
        # An object has no policy of its own, however deep its name; its bucket has.
        name = self._canonical(resource).partition("/objects/")[0]
        segments = name.split("/")
        names = [f"//{resource.service}/{'/'.join(segments[:end])}" for end in range(len(segments), 1, -2)]
        if segments[0] == "billingAccounts":
            names.append(f"//{BILLING_SERVICE}/{'/'.join(segments[:2])}")
        if resource.project:
            names.append(project_policy_name(resource.project))
        return tuple(names)

    def _project_key(self, name: str, given: str) -> str:
        match = _SERVICE_ACCOUNT.fullmatch(name) if given == "-" else None
        home = _HOME.fullmatch(self._email(match["account"])) if match else None
        return home["id"] or home["number"] if home else given

    def _canonical(self, resource: Resource) -> str:
        name = resource.name
        account = _SERVICE_ACCOUNT.fullmatch(name)
        if account and resource.project:
            email = self._email(account["account"])
            return f"projects/{resource.project}/serviceAccounts/{email}{account['rest'] or ''}"
        first, _, rest = name.partition("/")
        given, slash, rest = rest.partition("/")
        if first == "projects" and resource.project and given != "_":  # "_" stands in every bucket's name.
            return f"projects/{resource.project}{slash}{rest}"
        return name

    def _email(self, account: str) -> str:
        return self._accounts.email_of(account) or account if account.isdigit() else account


def project_policy_name(project: str) -> str:
    """Where the policy of a project, named by its id, is kept."""
    return f"//{PROJECTS_SERVICE}/projects/{project}"


def _type(service: str, segments: list[str]) -> str:
    """As conditions name it: "aiplatform.googleapis.com/CustomJob" of "projects/p/locations/l/customJobs/1"."""
    if len(segments) < 2:
        return ""
    collection = segments[-2] if len(segments) % 2 == 0 else segments[-1]
    singular = f"{collection[:-3]}y" if collection.endswith("ies") else collection.removesuffix("s")
    return f"{service}/{singular[:1].upper()}{singular[1:]}"
