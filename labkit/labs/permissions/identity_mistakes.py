"""The mistakes students make with identities in lab 02, as code: each must get its own message from `labkit verify`."""

from __future__ import annotations

from labkit.checking.exercise import WrongAnswer
from labkit.labs.permissions.policy_code import PROJECT, bind, unbind

WHOAMI = (
    WrongAnswer("guessed_all", code="machine = whoami()\nheld = QUESTIONS", message="does not hold"),
    WrongAnswer(
        "thought_to_be_oneself",
        code="""
            reply = projects.test_iam_permissions(resource=f"projects/{PROJECT}", permissions=QUESTIONS)
            machine, held = "student@example.com", list(reply.permissions)
        """,
        message="but this notebook's calls come from",
    ),
    WrongAnswer(
        "asked_for_one",
        code="""
            machine = whoami()
            reply = projects.test_iam_permissions(resource=f"projects/{PROJECT}", permissions=QUESTIONS[:1])
            held = list(reply.permissions)
        """,
        message="iam.serviceAccounts.create too",
    ),
    WrongAnswer("named_the_role", code='machine = whoami()\nheld = ["roles/editor"]', message="roles/editor is a role"),
)

SIGN_IN = (
    WrongAnswer("still_the_machine", code="me = whoami()", message="an identity for programs"),
    WrongAnswer("only_said", code='me = "student@example.com"', message="calls still come from"),
)

_CREATE = """
trainer = iam.create_service_account(
    request={
        "name": f"projects/{PROJECT}",
        "account_id": "lab02-trainer",
        "service_account": {"display_name": "Lab 02: training"},
    }
)
"""
_TRAINER = 'f"serviceAccount:{trainer.email}"'

ACCOUNT = (
    WrongAnswer(
        "the_machines_own",
        code="""
            number = projects.get_project(name=f"projects/{PROJECT}").name.partition("/")[2]
            email = f"{number}-compute@developer.gserviceaccount.com"
            trainer = iam.get_service_account(name=f"projects/{PROJECT}/serviceAccounts/{email}")
        """,
        message="the machine's own account",
    ),
    WrongAnswer(
        "only_described",
        code="""
            email = f"lab02-trainer@{PROJECT}.iam.gserviceaccount.com"
            trainer = iam_admin_v1.ServiceAccount(name=f"projects/{PROJECT}/serviceAccounts/{email}", email=email)
        """,
        message="There is no account",
    ),
    WrongAnswer(
        "with_a_key",
        code=f"{_CREATE}\nkey = iam.create_service_account_key(name=trainer.name)",
        message="has a key that somebody can keep",
        undo="iam.delete_service_account(name=trainer.name)",
    ),
    WrongAnswer(
        "a_role_on_the_project",
        code=_CREATE + bind("projects", PROJECT, "roles/storage.admin", _TRAINER),
        message="already holds roles/storage.admin on the project",
        undo=unbind("projects", PROJECT, "roles/storage.admin", _TRAINER)
        + "iam.delete_service_account(name=trainer.name)",
    ),
)

_IMPERSONATOR = "roles/iam.serviceAccountTokenCreator"
_USER = "roles/iam.serviceAccountUser"
_ME = 'f"user:{me}"'

IMPERSONATE = (
    WrongAnswer(
        "on_the_project",
        code=bind("projects", PROJECT, _IMPERSONATOR, _ME, into="trainer_policy"),
        message="it may act as every account",
        undo=unbind("projects", PROJECT, _IMPERSONATOR, _ME),
    ),
    WrongAnswer(
        "service_account_user",
        code=bind("iam", "trainer.name", _USER, _ME, into="trainer_policy"),
        message=f"has {_USER}",
        undo=unbind("iam", "trainer.name", _USER, _ME),
    ),
    WrongAnswer(
        "the_account_itself",
        code=bind("iam", "trainer.name", _IMPERSONATOR, _TRAINER, into="trainer_policy"),
        message="may make tokens for",
        undo=unbind("iam", "trainer.name", _IMPERSONATOR, _TRAINER),
    ),
)
