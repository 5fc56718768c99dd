import pytest

from labkit.labs.permissions.roles import GUARD_PERMISSIONS

DOMAIN = "@p.iam.gserviceaccount.com"
PIPELINE, TRAINER, GUARD, LEGACY = (f"lab02-{name}{DOMAIN}" for name in ("pipeline", "trainer", "guard", "legacy"))
MACHINE = "7-compute@developer.gserviceaccount.com"
ACT_AS = "iam.serviceAccounts.actAs"
ROLE = "projects/p/roles/lab02JobGuard"


def test_a_pipeline_that_may_lend_one_identity_passes(judge, world):
    world.let(PIPELINE, f"{ACT_AS} on {TRAINER}")

    assert judge("act_as", act_as_policy="set").outcome == "passed"


@pytest.mark.parametrize(
    ("calls", "found", "earned"),
    [
        ((), "may not let a job act as", 0),
        ((f"{ACT_AS} on {TRAINER}", f"{ACT_AS} on {MACHINE}"), "also let a job act as 7-compute", 1),
        ((f"{ACT_AS} on {TRAINER}", f"make tokens of {TRAINER}"), "also make a token", 1),
    ],
)
def test_a_pipeline_that_may_lend_none_or_more_fails(judge, world, calls, found, earned):
    world.let(PIPELINE, *calls)

    result = judge("act_as", act_as_policy="set")

    assert (result.outcome, result.earned) == ("failed", earned)
    assert found in result.text


def test_the_right_to_lend_every_identity_fails(judge, world):
    world.bind("projects/p", "roles/iam.serviceAccountUser", f"serviceAccount:{PIPELINE}")

    assert "act as every account there" in judge("act_as", act_as_policy="set").text


@pytest.fixture
def guard_works(world):
    world.roles[ROLE] = GUARD_PERMISSIONS
    world.bind("projects/p", ROLE, f"serviceAccount:{GUARD}")
    world.let(GUARD, "list jobs", *(f"{permission} on projects/p" for permission in GUARD_PERMISSIONS))


@pytest.mark.usefixtures("guard_works")
def test_a_role_with_three_permissions_bound_to_the_guard_passes(judge):
    assert judge("custom_role", guard_role=ROLE).outcome == "passed"


@pytest.mark.usefixtures("guard_works")
def test_a_guard_with_a_second_role_fails(judge, world):
    world.let(GUARD, "aiplatform.customJobs.create on projects/p")

    assert "also use aiplatform.customJobs.create" in judge("custom_role", guard_role=ROLE).text


@pytest.mark.parametrize(
    ("name", "permissions", "found", "earned"),
    [
        (ROLE, (*GUARD_PERMISSIONS, "aiplatform.customJobs.create"), "customJobs.create too", 1),
        (ROLE, GUARD_PERMISSIONS[:2], f"lacks {GUARD_PERMISSIONS[2]}", 1),
        (ROLE, GUARD_PERMISSIONS, "has no role on the project", 1),
        ("roles/aiplatform.user", GUARD_PERMISSIONS, "is Google's", 0),
    ],
)
def test_another_role_or_one_that_is_not_bound_fails(judge, world, name, permissions, found, earned):
    world.roles[name] = permissions

    result = judge("custom_role", guard_role=name)

    assert (result.outcome, result.earned) == ("failed", earned)
    assert found in result.text


def test_a_role_that_does_not_exist_fails(judge):
    assert f"There is no role {ROLE}" in judge("custom_role", guard_role=ROLE).text


@pytest.fixture
def count_goes_on(world):
    world.let(LEGACY, "read data/digits.csv")


@pytest.mark.usefixtures("count_goes_on")
def test_a_project_without_basic_roles_and_keys_passes(judge):
    assert judge("audit", audited=True).outcome == "passed"


@pytest.mark.usefixtures("count_goes_on")
def test_googles_own_accounts_may_keep_editor(judge, world):
    world.bind("projects/p", "roles/editor", f"serviceAccount:{MACHINE}")
    world.bind("projects/p", "roles/owner", "user:ada@example.com")

    assert judge("audit", audited=True).outcome == "passed"


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor", "roles/viewer"])
@pytest.mark.usefixtures("count_goes_on")
def test_a_basic_role_of_any_other_account_fails(judge, world, role):
    world.bind("projects/p", role, f"serviceAccount:{GUARD}")

    assert f"lab02-guard has {role}" in judge("audit", audited=True).text


@pytest.mark.usefixtures("count_goes_on")
def test_a_key_of_any_account_fails_and_earns_half(judge, world):
    world.keys[MACHINE] = ["k"]

    assert judge("audit", audited=True).earned == 2


def test_a_program_that_stopped_working_fails(judge):
    assert "may not read data/digits.csv" in judge("audit", audited=True).text


def test_a_program_whose_account_is_disabled_fails(judge, world):
    world.disabled.add(LEGACY)

    assert "is disabled or gone" in judge("audit", audited=True).text
