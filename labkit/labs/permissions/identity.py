"""Lab 02, who calls: the machine, the student, a service account for one job, and impersonation without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checking.answers import Answers
from labkit.checking.exercise import exercise
from labkit.checking.verdict import Blocked, Failed, Passed, Verdict
from labkit.labs import grants
from labkit.labs.permissions import identity_mistakes as mistakes
from labkit.labs.permissions import probes

if TYPE_CHECKING:
    from labkit.cloud import Cloud

# The notebook asks the same; the machine's Editor has all but the last two.
QUESTIONS = (
    "storage.buckets.create",
    "aiplatform.customJobs.create",
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.setIamPolicy",
    "resourcemanager.projects.setIamPolicy",
)
IMPERSONATOR = "roles/iam.serviceAccountTokenCreator"

_SERVICE_ACCOUNTS = ".gserviceaccount.com"
_DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"


@exercise(
    "whoami",
    points=1,
    hints=[
        "Do not guess: one function of the notebook says who you are, and one call says what you may do.",
        "`whoami()` goes into `machine`. `projects.test_iam_permissions` wants the resource and the permissions.",
        '`reply = projects.test_iam_permissions(resource=f"projects/{PROJECT}", permissions=QUESTIONS)`; what this '
        "identity holds is in `reply.permissions`.",
    ],
    wrong=mistakes.WHOAMI,
)
def whoami(answers: Answers, cloud: Cloud) -> Verdict:
    """The identity the notebook has now, and what it holds of QUESTIONS."""
    machine, held = answers.text("machine"), set(answers.texts("held"))
    if machine != (identity := cloud.whoami()):
        return Failed(
            f"machine is {machine}, but this notebook's calls come from {identity}.",
            "the identity of the credentials that Google's clients find here",
            "Put the result of `whoami()` into `machine`.",
        )
    if roles := sorted(name for name in held if name.startswith("roles/")):
        return Failed(
            f"{roles[0]} is a role: a bundle of permissions.",
            "permissions, such as storage.buckets.create",
            "Take the permissions in the reply of `projects.test_iam_permissions(…)`.",
        )
    reply = cloud.projects().test_iam_permissions(resource=f"projects/{cloud.project}", permissions=QUESTIONS)
    true = set(reply.permissions)
    if surplus := sorted(held - true):
        return Failed(
            f"{machine} does not hold {', '.join(surplus)}.",
            "only what the cloud says it holds",
            "Ask with `projects.test_iam_permissions(…)` instead of assuming.",
        )
    if lacking := sorted(true - held):
        return Failed(
            f"{machine} holds {', '.join(lacking)} too.",
            "all that it holds of QUESTIONS",
            "Pass all of QUESTIONS, and keep the whole reply: `list(reply.permissions)`.",
        )
    return Passed(f"{machine} holds {len(true)} of the {len(QUESTIONS)}, and it is the cloud that says so.")


@exercise(
    "sign_in",
    points=1,
    hints=[
        "You do not tell a client who you are, you bring credentials. First change the identity, then ask who you are.",
        '`lab.act_as("student")`, then `me = whoami()`.',
    ],
    wrong=mistakes.SIGN_IN,
)
def sign_in(answers: Answers, cloud: Cloud) -> Verdict:
    """The notebook acts as a person who may change policies."""
    me, identity = answers.text("me"), cloud.whoami()
    if me != identity:
        return Failed(
            f"me is {me}, but this notebook's calls still come from {identity}.",
            "credentials of your own, not a name",
            'Run `lab.act_as("student")` first, then `me = whoami()`.',
        )
    if me.endswith(_SERVICE_ACCOUNTS):
        return Failed(
            f"{me} is a service account: an identity for programs.",
            "your own, that of a person",
            'Run `lab.act_as("student")` first, then `me = whoami()` again.',
        )
    permission = "resourcemanager.projects.setIamPolicy"
    if not probes.holds(permission).is_allowed(cloud):
        return Failed(
            f"{me} does not hold {permission} on the project {cloud.project}.",
            "an owner of the project",
            "Sign in as the person who made the project, or ask that person for roles/owner.",
        )
    return Passed(f"You are {me}, and may change who may do what.")


@exercise(
    "account",
    points=2,
    hints=[
        "Only create it. A role or a key for it is not asked for yet.",
        "`iam.create_service_account(request=…)` wants the project as `name`, an `account_id`, and a `service_account` "
        "with a display name.",
        'The request: `{"name": f"projects/{PROJECT}", "account_id": "lab02-trainer", '
        '"service_account": {"display_name": "Lab 02: training"}}`.',
    ],
    wrong=mistakes.ACCOUNT,
)
def account(answers: Answers, cloud: Cloud) -> Verdict:
    """An account for one purpose, that has no key and no role on the project."""
    from google.api_core.exceptions import NotFound

    email = account_email(answers, "trainer")
    if email.endswith(_DEFAULT_ACCOUNT):
        return Failed(
            f"{email} is the machine's own account, which every job and machine of the project shares.",
            "an account that this job alone uses",
            "Create one: `iam.create_service_account(…)`.",
        )
    iam = cloud.service_accounts()
    name = f"projects/{cloud.project}/serviceAccounts/{email}"
    try:
        found = iam.get_service_account(name=name)
    except NotFound:
        return Failed(
            f"There is no account {email} in the project.",
            "an account that exists",
            "`iam_admin_v1.ServiceAccount(…)` only describes one; `iam.create_service_account(…)` makes it.",
        )
    if user_keys(cloud, name):
        return Failed(
            f"{grants.short(email)} has a key that somebody can keep in a file.",
            "an account without keys",
            "Delete it: `iam.delete_service_account_key(name=key.name)`. The next step does without one.",
            earned=1,
        )
    if held := grants.to(email, grants.on_project(cloud)):
        return Failed(
            f"{grants.short(email)} already holds {grants.listed(held)}: that counts for everything in it.",
            "no role on the project",
            "Take it out of the project's policy. The account gets its roles on single buckets, later.",
            earned=1,
        )
    return Passed(f"{found.email} exists. It may do nothing yet, and there is no key of it to lose.")


@exercise(
    "impersonate",
    points=2,
    hints=[
        "The account is the resource here: its own policy says who may make tokens for it.",
        f"The role is `{IMPERSONATOR}`, the member `user:` and your address.",
        "Read, change, write back: `iam.get_iam_policy`, `policy.bindings.add(role=…, members=[…])`, "
        "`iam.set_iam_policy`, each for `trainer.name`.",
    ],
    wrong=mistakes.IMPERSONATE,
)
def impersonate(answers: Answers, cloud: Cloud) -> Verdict:
    """The right to make tokens, on this one account, for one person."""
    from google.auth.exceptions import RefreshError

    email = account_email(answers, "trainer")
    answers.given("trainer_policy")
    me = f"user:{answers.text('me')}"
    fix = f"Bind {IMPERSONATOR} to {me} in the policy of trainer.name."
    if wide := [grant for grant in grants.on_project(cloud) if grant.role == IMPERSONATOR]:
        return Failed(
            f"{wide[0].member} has {wide[0]}: it may act as every account in it, those to come included.",
            "the role on the account of the job alone",
            f"Take it out of the project's policy. {fix}",
            earned=1,
        )
    on_account = grants.on_account(cloud, email)
    creators = [grant.member for grant in on_account if grant.role == IMPERSONATOR]
    if not creators:
        bound = ", ".join(f"{grant.member} has {grant.role}" for grant in on_account) or "nobody has a role"
        return Failed(f"In the policy of {grants.short(email)} {bound}.", f"{IMPERSONATOR} for you", fix)
    if me not in creators:
        return Failed(
            f"{creators[0]} may make tokens for {grants.short(email)}, and you may not.",
            f"{IMPERSONATOR} for you",
            f"Take {creators[0]} out again. {fix}",
        )
    try:
        cloud.acting_as(email)
    except RefreshError as refusal:
        return Blocked(str(refusal), "The role is bound, and not yet in force: that takes up to 7 minutes.")
    return Passed(f"A token for {grants.short(email)}, good for an hour, was made in your name; it left no key behind.")


def account_email(answers: Answers, name: str) -> str:
    """The address of a service account, from one of Google's objects, a resource name or the address itself."""
    return answers.text(name).rpartition("/")[2]


def user_keys(cloud: Cloud, account: str) -> list[str]:
    """The names of an account's keys that were made for somebody to keep; Google rotates its own."""
    from google.cloud.iam_admin_v1.types import ListServiceAccountKeysRequest

    kind = ListServiceAccountKeysRequest.KeyType.USER_MANAGED
    reply = cloud.service_accounts().list_service_account_keys(name=account, key_types=[kind])
    return [key.name for key in reply.keys]
