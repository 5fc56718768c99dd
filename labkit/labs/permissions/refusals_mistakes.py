"""The mistakes students make when they read refusals in lab 02, and when they mend them, as code."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer
from labkit.labs.permissions.policy_code import PROJECT, bind, bind_on_bucket, unbind, unbind_on_bucket

_NEWCOMER = 'f"serviceAccount:{newcomer.email}"'
_RIGHT = (
    "storage.objects.get",
    "aiplatform.customJobs.list",
    "iam.serviceAccounts.getAccessToken",
    "resourcemanager.projects.getIamPolicy",
    "cloudquotas.googleapis.com",
)


def _diagnosis(line: int, said: str) -> str:
    """The right answer but for one line, counted from 1."""
    missing = [said if number == line else true for number, true in enumerate(_RIGHT, start=1)]
    return f"refused = newcomer.email\nmissing = {missing!r}"


DIAGNOSE = (
    WrongAnswer("oneself", code=f"refused, missing = me, {list(_RIGHT)!r}", message="is refused. 5 of the 5 lines"),
    WrongAnswer("a_role", code=_diagnosis(1, "roles/storage.objectViewer"), message="that is a role"),
    WrongAnswer("the_method", code=_diagnosis(2, "ListCustomJobs"), message="not in the reply"),
    WrongAnswer("of_the_api_too", code=_diagnosis(5, "cloudquotas.quotas.get"), message="has not enabled"),
    WrongAnswer("other_order", code=_diagnosis(3, _RIGHT[3]), message="another of the five"),
    WrongAnswer("four", code=f"refused, missing = newcomer.email, {list(_RIGHT[:4])!r}", message="has 4 entries"),
)

_VIEWER = "roles/storage.objectViewer"
_JOBS = "roles/aiplatform.viewer"
_IMPERSONATOR = "roles/iam.serviceAccountTokenCreator"
_BROWSER = "roles/browser"
_MENDED = "mended = True"


def _on_project(role: str) -> str:
    return bind("projects", PROJECT, role, _NEWCOMER)


def _off_project(role: str) -> str:
    return unbind("projects", PROJECT, role, _NEWCOMER)


_READ = bind_on_bucket("data", _VIEWER, _NEWCOMER)
_UNREAD = unbind_on_bucket("data", _VIEWER, _NEWCOMER)
_TOKENS = bind("iam", "trainer.name", _IMPERSONATOR, _NEWCOMER)
_NO_TOKENS = unbind("iam", "trainer.name", _IMPERSONATOR, _NEWCOMER)

MEND = (
    WrongAnswer(
        "editor",
        code=_on_project("roles/editor") + _MENDED,
        message="holds roles/editor on the project",
        undo=_off_project("roles/editor"),
    ),
    WrongAnswer(
        "every_bucket",
        code=_on_project(_VIEWER) + _MENDED,
        message=f"holds {_VIEWER} on the project",
        undo=_off_project(_VIEWER),
    ),
    WrongAnswer(
        "may_start_jobs",
        code=_READ + _on_project("roles/aiplatform.user") + _MENDED,
        message="Call 2",
        undo=_UNREAD + _off_project("roles/aiplatform.user"),
    ),
    WrongAnswer(
        "every_token",
        code=_READ + _on_project(_JOBS) + _on_project(_IMPERSONATOR) + _MENDED,
        message="Call 3",
        undo=_UNREAD + _off_project(_JOBS) + _off_project(_IMPERSONATOR),
    ),
    WrongAnswer(
        "may_change_the_policy",
        code=_READ + _on_project(_JOBS) + _TOKENS + _on_project("roles/resourcemanager.projectIamAdmin") + _MENDED,
        message="Call 4",
        undo=_UNREAD + _off_project(_JOBS) + _NO_TOKENS + _off_project("roles/resourcemanager.projectIamAdmin"),
    ),
    WrongAnswer(
        "api_left_off",
        code=_READ + _on_project(_JOBS) + _TOKENS + _on_project(_BROWSER) + _MENDED,
        message="no role changes that",
        undo=_UNREAD + _off_project(_JOBS) + _NO_TOKENS + _off_project(_BROWSER),
    ),
)
