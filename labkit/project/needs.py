"""What a lab, or the whole course, needs of a project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """A role that somebody has on the project: "roles/aiplatform.user", "user:student@example.com"."""

    role: str
    member: str


@dataclass(frozen=True)
class Needs:
    """`services` are APIs by host; `budget` is a month's spending that is warned of, in whole units of the account's
    currency, 0 for no warning.
    """

    services: tuple[str, ...]
    grants: tuple[Grant, ...] = ()
    budget: int = 0


COURSE = Needs(
    services=tuple(
        f"{name}.googleapis.com"
        for name in (
            "aiplatform",
            "artifactregistry",
            "billingbudgets",
            "cloudasset",
            "cloudbuild",
            "cloudfunctions",
            "cloudquotas",
            "cloudresourcemanager",
            "compute",
            "eventarc",
            "iam",
            "iamcredentials",
            "iap",
            "logging",
            "notebooks",
            "run",
            "serviceusage",
            "storage",
        )
    ),
    budget=50,
)
