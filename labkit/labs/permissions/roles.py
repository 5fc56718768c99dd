"""Lab 02, roles beyond buckets: who may lend a job an identity, a role of one's own, and an audit of the project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Failed, Passed, Verdict
from labkit.labs import grants
from labkit.labs.grants import Grant
from labkit.labs.permissions import probes
from labkit.labs.permissions import roles_mistakes as mistakes
from labkit.labs.permissions.buckets import DATA_FILE, PRIVATE_FILE, VIEWER
from labkit.labs.permissions.identity import account_email, user_keys
from labkit.labs.permissions.needs import Need

if TYPE_CHECKING:
    from labkit.cloud import Cloud

ACCOUNT_USER = "roles/iam.serviceAccountUser"
GUARD_PERMISSIONS = ("aiplatform.customJobs.cancel", "aiplatform.customJobs.get", "aiplatform.customJobs.list")


@exercise(
    "act_as",
    points=2,
    hints=[
        "Who is refused? The pipeline. On what? Not on a job, not on the project: read the account in the message.",
        "The permission is `iam.serviceAccounts.actAs`. A role that has it and makes no tokens ends in `User`.",
        f"`{ACCOUNT_USER}` for the pipeline, in the policy of `trainer.name`, with the client `iam`.",
    ],
    wrong=mistakes.ACT_AS,
)
def act_as(answers: Answers, cloud: Cloud) -> Verdict:
    """The pipeline may give its jobs the trainer's identity, and no other."""
    pipeline, trainer = account_email(answers, "pipeline"), account_email(answers, "trainer")
    answers.given("act_as_policy")
    on_project = [grant for grant in grants.to(pipeline, grants.on_project(cloud)) if grant.role == ACCOUNT_USER]
    if on_project:
        return Failed(
            f"{grants.short(pipeline)} has {on_project[0]}: "
            "its jobs may act as every account there, the strongest included.",
            "the trainer, and no other account",
            f"Take it out of the project's policy, and bind {ACCOUNT_USER} in the policy of trainer.name.",
            earned=1,
        )
    need = Need(
        pipeline,
        allowed=(probes.acts_as(trainer),),
        forbidden=(probes.makes_tokens(trainer), probes.acts_as(_default_account(cloud))),
        held=grants.to(pipeline, grants.on_account(cloud, trainer)),
        role=ACCOUNT_USER,
        place=f"the account {grants.short(trainer)}",
    )
    return need.unmet(probes.acting_as(cloud, pipeline)) or Passed(
        f"Jobs of {grants.short(pipeline)} may run as {grants.short(trainer)}. "
        "As the machine's account, which is Editor, they may not."
    )


def _default_account(cloud: Cloud) -> str:
    """Of Compute Engine: https://cloud.google.com/compute/docs/access/service-accounts#default_service_account"""
    number = cloud.projects().get_project(name=f"projects/{cloud.project}").name.partition("/")[2]
    return f"{number}-compute@developer.gserviceaccount.com"


@exercise(
    "custom_role",
    points=3,
    hints=[
        "Two steps: make the role in the project, then bind it there, as any other role.",
        "A custom role's full name begins with `projects/`; it is what `iam.create_role` returns as `.name`.",
        '`iam.create_role(request={"parent": f"projects/{PROJECT}", "role_id": "lab02JobGuard", "role": {"title": …, '
        '"included_permissions": GUARD_NEEDS, "stage": "GA"}})`.',
        "Bind `guard_role.name` to the guard with `projects`: `get_iam_policy`, `bindings.add`, `set_iam_policy`.",
    ],
    wrong=mistakes.CUSTOM_ROLE,
)
def custom_role(answers: Answers, cloud: Cloud) -> Verdict:
    """A role with exactly three permissions, bound to the guard, which has no other."""
    name, guard = answers.text("guard_role"), account_email(answers, "guard")
    if problem := _role_problem(cloud, name):
        return problem
    held = grants.to(guard, grants.on_project(cloud))
    if not any(grant.role == name for grant in held):
        return Failed(
            f"The role {name} is right, but {grants.short(guard)} has {grants.listed(held)} on the project.",
            "the role, bound to the guard",
            "A role does nothing until it is bound: add it to the project's policy.",
            earned=1,
        )
    need = Need(
        guard,
        allowed=(probes.LISTS_JOBS, *map(probes.holds, GUARD_PERMISSIONS)),
        forbidden=(
            probes.holds("aiplatform.customJobs.create"),
            probes.holds("aiplatform.models.list"),
            probes.LISTS_BUCKETS,
        ),
        held=held,
        role=name,
        place="the project",
    )
    return need.unmet(probes.acting_as(cloud, guard)) or Passed(
        f"{grants.short(guard)} finds jobs and stops them. "
        "To start one it would need aiplatform.customJobs.create: 403."
    )


def _role_problem(cloud: Cloud, name: str) -> Verdict | None:
    """What is wrong with the role itself."""
    from google.api_core.exceptions import NotFound

    needed = set(GUARD_PERMISSIONS)
    try:
        role = cloud.service_accounts().get_role(request={"name": name})
    except NotFound:
        return Failed(f"There is no role {name}.", "a role that exists", "Make it: `iam.create_role(…)`.")
    permissions = set(role.included_permissions)
    if not name.startswith("projects/"):
        return Failed(
            f"{name} is Google's, and has {len(permissions)} permissions.",
            f"a role of your own with these {len(needed)}: {', '.join(GUARD_PERMISSIONS)}",
            "Make one: `iam.create_role(…)`.",
        )
    if surplus := sorted(permissions - needed):
        return Failed(
            f"The role has {', '.join(surplus)} too.",
            f"{', '.join(GUARD_PERMISSIONS)}, and no more",
            "Change it with `iam.update_role`, or make another under a new id.",
            earned=1,
        )
    if lacking := sorted(needed - permissions):
        return Failed(
            f"The role lacks {', '.join(lacking)}.",
            f"all of {', '.join(GUARD_PERMISSIONS)}",
            "Change it with `iam.update_role`, or make another under a new id.",
            earned=1,
        )
    return None


@exercise(
    "audit",
    points=4,
    hints=[
        "Three things, in an order that never stops the nightly count: give the small role, take the large one, "
        "delete the key.",
        f"The count reads one bucket: `{VIEWER}` on `data`. Nothing replaces Editor on the project.",
        'In the project\'s policy find the binding with `binding.role == "roles/editor"`, and '
        '`binding.members.remove(f"serviceAccount:{legacy.email}")`.',
        "The key: `iam.list_service_account_keys(name=legacy.name, key_types=[…USER_MANAGED])`, then "
        "`iam.delete_service_account_key(name=key.name)`.",
    ],
    wrong=mistakes.AUDIT,
)
def audit(answers: Answers, cloud: Cloud) -> Verdict:
    """No account of the project has a basic role or a key; the old program still does its work."""
    answers.given("audited")
    legacy, data, private = account_email(answers, "legacy"), answers.text("data"), answers.text("private")
    on_project, own = grants.on_project(cloud), f"@{cloud.project}.iam.gserviceaccount.com"
    if problem := _basic_role(on_project, own):
        return problem
    need = Need(
        legacy,
        allowed=(probes.reads(data, DATA_FILE),),
        forbidden=(probes.reads(private, PRIVATE_FILE), probes.creates(data, "lab02-probe.txt"), probes.LISTS_BUCKETS),
        held=grants.to(legacy, [*on_project, *grants.on_bucket(cloud, data)]),
        role=VIEWER,
        place=f"the bucket {data}",
    )
    accounts = list(cloud.service_accounts().list_service_accounts(name=f"projects/{cloud.project}"))
    if not any(account.email == legacy and not account.disabled for account in accounts):
        return Failed(
            f"{grants.short(legacy)} is disabled or gone, and the nightly count with it.",
            "the account, at work with less",
            "`iam.enable_service_account`, or `iam.undelete_service_account`: there are 30 days.",
        )
    if verdict := need.unmet(probes.acting_as(cloud, legacy)):
        return verdict
    with_keys = [account.email for account in accounts if user_keys(cloud, account.name)]
    if with_keys:
        return Failed(
            f"{', '.join(with_keys)} still has a key: whoever has the file is this account, from anywhere.",
            "no key made by a user, of any account",
            "`iam.delete_service_account_key(name=key.name)` for each of its keys of the kind USER_MANAGED.",
            earned=2,
        )
    made = sum(account.email.endswith(own) for account in accounts)
    return Passed(f"None of the {made} accounts made here has a basic role or a key, and the nightly count goes on.")


def _basic_role(on_project: Iterable[Grant], own: str) -> Verdict | None:
    """Whether an account whose address ends in `own` has one."""
    for grant in on_project:
        if grant.role in grants.BASIC_ROLES and grant.member.endswith(own):
            return Failed(
                f"{grants.short(grant.member)} has {grant}: a basic role, with thousands of permissions.",
                "no account of yours with a basic role, Viewer included",
                "Take it out of the project's policy: read, remove the member, write back.",
            )
    return None
