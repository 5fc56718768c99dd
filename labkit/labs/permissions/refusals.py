"""Lab 02, five real refusals: read what each lacks, then mend each with the smallest role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs import grants
from labkit.labs.grants import Grant
from labkit.labs.permissions import probes
from labkit.labs.permissions import refusals_mistakes as mistakes
from labkit.labs.permissions.buckets import DATA_FILE, PRIVATE_FILE, VIEWER
from labkit.labs.permissions.identity import IMPERSONATOR, account_email
from labkit.labs.permissions.needs import Need

if TYPE_CHECKING:
    from labkit.cloud import Cloud

# What the notebook's five calls lack, in their order; the last is no permission.
QUOTAS_API = "cloudquotas.googleapis.com"
MISSING = (
    "storage.objects.get",
    "aiplatform.customJobs.list",
    "iam.serviceAccounts.getAccessToken",
    "resourcemanager.projects.getIamPolicy",
    QUOTAS_API,
)


@exercise(
    "diagnose",
    points=5,
    hints=[
        "You run the cell, but whose credentials do the five clients have? That one is refused.",
        "A permission has the form `service.things.verb`, and the message quotes it. Do not take the method's name "
        "or the resource's.",
        "One of the five lacks no permission: the project has not switched on an API. Its name ends in "
        "`.googleapis.com`.",
    ],
    wrong=mistakes.DIAGNOSE,
)
def diagnose(answers: Answers, cloud: Cloud) -> Verdict:
    """Who is refused, and what each of five calls lacks."""
    newcomer, refused, missing = account_email(answers, "newcomer"), answers.text("refused"), answers.texts("missing")
    if len(missing) != len(MISSING):
        return Failed(
            f"missing has {len(missing)} entries.", f"{len(MISSING)}, one for each refusal", "Keep their order."
        )
    right = sum(said == true for said, true in zip(missing, MISSING, strict=True))
    earned = min(right, len(MISSING) - 1)
    if account_email(answers, "refused") not in (newcomer, f"serviceAccount:{newcomer}"):
        return Failed(
            f"You say that {refused} is refused. {right} of the {len(MISSING)} lines in missing are right.",
            "the identity whose credentials the client was made with",
            "Look at where the clients of the five calls get their credentials.",
            earned,
        )
    if right == len(MISSING):
        return Passed(f"{grants.short(newcomer)} is refused five times, and you have read each reason in the reply.")
    number, said = next((at, said) for at, said in enumerate(missing, start=1) if said != MISSING[at - 1])
    return Failed(
        f"{right} of the {len(MISSING)} are right. Line {number} says {said}: {_what(said, MISSING[number - 1])}.",
        "what the reply says is missing, letter by letter",
        f"Read reply {number} again.",
        earned,
    )


def _what(said: str, true: str) -> str:
    """What is wrong with one line of `missing`, without giving away what is right."""
    if said.startswith("roles/"):
        return "that is a role, and a reply names a permission or an API"
    if true == QUOTAS_API:
        return "this reply speaks of an API that the project has not enabled, not of a permission"
    if said in MISSING:
        return "another of the five lacks that"
    return "that is not in the reply"


@exercise(
    "mend",
    points=5,
    hints=[
        "For each: which resource is refused? Bind there, not on the project, wherever that resource has a policy.",
        "A bucket and a service account have policies of their own. Training jobs and the project's policy belong to "
        "the project.",
        f"`{VIEWER}` on `data`; `roles/aiplatform.viewer` on the project; `{IMPERSONATOR}` on the trainer; "
        "`roles/browser` on the project.",
        'The API: `services.enable_service(request={"name": quotas_api}).result()`.',
    ],
    wrong=mistakes.MEND,
)
def mend(answers: Answers, cloud: Cloud) -> Verdict:
    """The five calls pass, and their neighbours are still refused."""
    answers.given("mended")
    newcomer = account_email(answers, "newcomer")
    clients = probes.acting_as(cloud, newcomer)
    verdicts = [need.unmet(clients) for need in _needs(answers, cloud, newcomer)]
    for number, problem in enumerate(verdicts, start=1):
        if isinstance(problem, Failed):
            earned = verdicts.count(None)
            return Failed(f"Call {number}: {problem.found}", problem.expected, problem.fix, earned)
        if problem is not None:
            return problem
    if not probes.READS_QUOTAS.is_allowed(clients):
        return Failed(
            f"The first four calls pass. Call 5: the project has not enabled {QUOTAS_API}; no role changes that.",
            "an API that is enabled",
            "Enable it, as you: `services.enable_service(…)`, and wait for its `.result()`.",
            earned=len(verdicts),
        )
    return Passed(f"{grants.short(newcomer)} makes all five calls, and next to each of them it is still refused.")


def _needs(answers: Answers, cloud: Cloud, newcomer: str) -> tuple[Need, ...]:
    """One for each call that lacks a permission; beside what is allowed stands the nearest thing that is not."""
    trainer, pipeline = account_email(answers, "trainer"), account_email(answers, "pipeline")
    on_project = _on_project(cloud, newcomer)
    return (
        _data_need(answers, cloud, newcomer),
        Need(
            newcomer,
            allowed=(probes.LISTS_JOBS,),
            forbidden=(probes.holds("aiplatform.customJobs.create"),),
            held=on_project,
            role="roles/aiplatform.viewer",
            place="the project",
        ),
        Need(
            newcomer,
            allowed=(probes.makes_tokens(trainer),),
            forbidden=(probes.makes_tokens(pipeline),),
            held=grants.to(newcomer, grants.on_account(cloud, trainer)) + on_project,
            role=IMPERSONATOR,
            place=f"the account {grants.short(trainer)}",
        ),
        Need(
            newcomer,
            allowed=(probes.READS_PROJECT_POLICY,),
            forbidden=(probes.holds("resourcemanager.projects.setIamPolicy"),),
            held=on_project,
            role="roles/browser",
            place="the project",
        ),
    )


def _data_need(answers: Answers, cloud: Cloud, newcomer: str) -> Need:
    data, private = answers.text("data"), answers.text("private")
    on_buckets = [*grants.on_bucket(cloud, data), *grants.on_bucket(cloud, private)]
    return Need(
        newcomer,
        allowed=(probes.reads(data, DATA_FILE),),
        forbidden=(probes.reads(private, PRIVATE_FILE), probes.creates(data, "lab02-probe.txt")),
        held=grants.to(newcomer, on_buckets) + _on_project(cloud, newcomer),
        role=VIEWER,
        place=f"the bucket {data}",
    )


def _on_project(cloud: Cloud, newcomer: str) -> tuple[Grant, ...]:
    """Its grants there, but for the one that the notebook gives it for the fifth call."""
    held = grants.to(newcomer, grants.on_project(cloud))
    return tuple(grant for grant in held if grant.role != "roles/cloudquotas.viewer")
