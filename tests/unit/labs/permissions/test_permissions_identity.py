import pytest

from labkit.labs.permissions import LAB
from labkit.labs.permissions.identity import QUESTIONS

MACHINE = "7-compute@developer.gserviceaccount.com"
TRAINER = "lab02-trainer@p.iam.gserviceaccount.com"
STUDENT = "ada@example.com"
IMPERSONATOR = "roles/iam.serviceAccountTokenCreator"


@pytest.fixture
def held(world):
    """What the machine holds: the first three."""
    world.let(MACHINE, *(f"{permission} on projects/p" for permission in QUESTIONS[:3]))
    return list(QUESTIONS[:3])


def test_the_points_add_up_and_every_exercise_is_there():
    assert (len(LAB.exercises), LAB.points) == (12, 34)


def test_nothing_is_attempted_at_the_start(judge):
    answers = (
        "machine held me trainer trainer_policy data_policy results_policy review_policy act_as_policy guard_role"
        " refused missing mended audited"
    )
    empty = dict.fromkeys(answers.split(), ...)
    outcomes = {exercise.name: judge(exercise.name, **empty).outcome for exercise in LAB.exercises}

    assert set(outcomes.values()) == {"not attempted"}, outcomes


def test_an_identity_and_what_it_holds_pass(judge, held):
    assert judge("whoami", identity=MACHINE, machine=MACHINE, held=held).outcome == "passed"


def test_an_identity_that_holds_none_of_them_cannot_be_said_and_is_not_attempted(judge):
    assert judge("whoami", identity=MACHINE, machine=MACHINE, held=[]).outcome == "not attempted"


@pytest.mark.parametrize(
    ("machine", "said", "found"),
    [
        (STUDENT, QUESTIONS[:3], f"calls come from {MACHINE}"),
        (MACHINE, QUESTIONS, f"does not hold {QUESTIONS[3]}, {QUESTIONS[4]}"),
        (MACHINE, QUESTIONS[:2], f"holds {QUESTIONS[2]} too"),
        (MACHINE, ["roles/editor"], "is a role"),
    ],
)
@pytest.mark.usefixtures("held")
def test_another_identity_or_other_permissions_fail(judge, machine, said, found):
    result = judge("whoami", identity=MACHINE, machine=machine, held=said)

    assert result.outcome == "failed"
    assert found in result.text


def test_a_person_who_may_change_policies_has_signed_in(judge, world):
    world.let(STUDENT, "resourcemanager.projects.setIamPolicy on projects/p")

    assert judge("sign_in").outcome == "passed"


@pytest.mark.parametrize(
    ("identity", "me", "found"),
    [
        (MACHINE, STUDENT, f"still come from {MACHINE}"),
        (MACHINE, MACHINE, "an identity for programs"),
        (STUDENT, STUDENT, "does not hold resourcemanager.projects.setIamPolicy"),
    ],
)
def test_a_machine_or_a_person_without_rights_has_not(judge, identity, me, found):
    assert found in judge("sign_in", identity=identity, me=me).text


def test_an_account_without_key_and_role_passes(judge):
    assert judge("account").outcome == "passed"


def test_an_account_is_read_from_its_resource_name_too(judge):
    assert judge("account", trainer=f"projects/p/serviceAccounts/{TRAINER}").outcome == "passed"


def test_an_account_with_a_key_earns_half(judge, world):
    world.keys[TRAINER] = ["k"]

    assert (judge("account").outcome, judge("account").earned) == ("failed", 1)


def test_an_account_with_a_role_on_the_project_earns_half(judge, world):
    world.bind("projects/p", "roles/storage.admin", f"serviceAccount:{TRAINER}")

    result = judge("account")

    assert (result.outcome, result.earned) == ("failed", 1)
    assert "already holds roles/storage.admin on the project" in result.text


@pytest.mark.parametrize(
    ("trainer", "found"),
    [(MACHINE, "the machine's own"), ("lab02-none@p.iam.gserviceaccount.com", "no account lab02-none")],
)
def test_the_machines_account_or_none_fails(judge, trainer, found):
    assert found in judge("account", trainer=trainer).text


@pytest.mark.parametrize("others", [(), ("serviceAccount:lab02-newcomer@p.iam.gserviceaccount.com",)])
def test_a_person_may_impersonate_one_account_as_others_may_later_on(judge, world, others):
    for member in (*others, f"user:{STUDENT}"):
        world.bind(TRAINER, IMPERSONATOR, member)

    assert judge("impersonate", trainer_policy="set").outcome == "passed"


@pytest.mark.parametrize(
    ("resource", "role", "member", "found"),
    [
        ("projects/p", IMPERSONATOR, f"user:{STUDENT}", "act as every account"),
        (TRAINER, "roles/iam.serviceAccountUser", f"user:{STUDENT}", "has roles/iam.serviceAccountUser"),
        (TRAINER, IMPERSONATOR, "user:eve@example.com", "user:eve@example.com may make tokens"),
    ],
)
def test_another_binding_fails(judge, world, resource, role, member, found):
    world.bind(resource, role, member)

    result = judge("impersonate", trainer_policy="set")

    assert result.outcome == "failed"
    assert found in result.text


def test_a_binding_that_is_not_yet_in_force_blocks_and_does_not_fail(judge, world):
    world.bind(TRAINER, IMPERSONATOR, f"user:{STUDENT}")
    world.closed.add(TRAINER)

    assert judge("impersonate", trainer_policy="set").outcome == "blocked"
