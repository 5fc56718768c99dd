"""The mistakes students make with bindings on buckets in lab 02, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer
from labkit.labs.permissions.policy_code import PROJECT, bind, bind_on_bucket, unbind, unbind_on_bucket

_TRAINER = 'f"serviceAccount:{trainer.email}"'
_REVIEWER = 'f"serviceAccount:{reviewer.email}"'


def _on_bucket(name: str, bucket: str, role: str, into: str, message: str) -> WrongAnswer:
    """The trainer gets a role that is not the one, on a bucket that may not be the one."""
    return WrongAnswer(
        name,
        code=bind_on_bucket(bucket, role, _TRAINER, into=into),
        message=message,
        undo=unbind_on_bucket(bucket, role, _TRAINER),
    )


def _on_project(role: str, into: str) -> WrongAnswer:
    """The trainer gets the right role, but for every bucket there is."""
    return WrongAnswer(
        "on_the_project",
        code=bind("projects", PROJECT, role, _TRAINER, into=into),
        message=f"{role} on the project",
        undo=unbind("projects", PROJECT, role, _TRAINER),
    )


READ = (
    _on_project("roles/storage.objectViewer", "data_policy"),
    _on_bucket(
        "admin", "data", "roles/storage.objectAdmin", "data_policy", "It holds roles/storage.objectAdmin on the bucket"
    ),
    _on_bucket(
        "names_only",
        "data",
        "roles/storage.legacyBucketReader",
        "data_policy",
        "It holds roles/storage.legacyBucketReader",
    ),
    _on_bucket(
        "other_bucket",
        "private",
        "roles/storage.objectViewer",
        "data_policy",
        "It holds roles/storage.objectViewer on the bucket",
    ),
    WrongAnswer(
        "public",
        code=bind_on_bucket("data", "roles/storage.objectViewer", '"allUsers"', into="data_policy"),
        message="everybody on the internet",
        undo=unbind_on_bucket("data", "roles/storage.objectViewer", '"allUsers"'),
    ),
)

WRITE = (
    _on_project("roles/storage.objectCreator", "results_policy"),
    _on_bucket("user", "results", "roles/storage.objectUser", "results_policy", "It holds roles/storage.objectUser"),
    _on_bucket(
        "legacy_writer",
        "results",
        "roles/storage.legacyBucketWriter",
        "results_policy",
        "It holds roles/storage.legacyBucketWriter",
    ),
    _on_bucket("viewer", "results", "roles/storage.objectViewer", "results_policy", "may not create"),
)


def _condition(name: str, expression: str, message: str) -> WrongAnswer:
    role = "roles/storage.objectViewer"
    return WrongAnswer(
        name,
        code=bind_on_bucket("results", role, _REVIEWER, into="review_policy", condition=expression),
        message=message,
        undo=unbind_on_bucket("results", role, _REVIEWER),
    )


_REPORTS = 'resource.name.startsWith("projects/_/buckets/{results.name}/objects/reports/")'

CONDITION = (
    _condition("none", "", "But it may also read"),
    _condition("no_end", f"f'{_REPORTS}'", "the binding has no end"),
    _condition(
        "short_name",
        """'resource.name.startsWith("reports/") && request.time < timestamp("2100-01-01T00:00:00Z")'""",
        'if resource.name.startsWith("reports/")',
    ),
    _condition("already_over", f"""f'{_REPORTS} && request.time < timestamp("2020-01-01T00:00:00Z")'""", "2020-01-01"),
)
