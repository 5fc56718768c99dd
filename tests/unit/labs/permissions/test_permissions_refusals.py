import pytest

from labkit.labs.permissions.refusals import MISSING

DOMAIN = "@p.iam.gserviceaccount.com"
NEWCOMER, TRAINER, PIPELINE = (f"lab02-{name}{DOMAIN}" for name in ("newcomer", "trainer", "pipeline"))
FOUR = ("read data/digits.csv", "list jobs", f"make tokens of {TRAINER}", "read policy")


def with_line(number, said):
    return [said if at == number else true for at, true in enumerate(MISSING, start=1)]


@pytest.mark.parametrize("refused", [NEWCOMER, f"serviceAccount:{NEWCOMER}", f"projects/p/serviceAccounts/{NEWCOMER}"])
def test_a_right_diagnosis_passes(judge, refused):
    assert judge("diagnose", refused=refused, missing=MISSING).outcome == "passed"


def test_a_right_diagnosis_of_somebody_else_loses_a_point(judge):
    result = judge("diagnose", refused="ada@example.com", missing=MISSING)

    assert (result.outcome, result.earned) == ("failed", 4)


@pytest.mark.parametrize(
    ("missing", "found", "earned"),
    [
        (with_line(1, "roles/storage.objectViewer"), "that is a role", 4),
        (with_line(2, "ListCustomJobs"), "that is not in the reply", 4),
        (with_line(3, MISSING[3]), "another of the five lacks that", 4),
        (with_line(5, "cloudquotas.quotas.get"), "has not enabled", 4),
        (["a", "b", "c", "d", MISSING[4]], "1 of the 5 are right. Line 1", 1),
        (MISSING[:4], "has 4 entries", 0),
    ],
)
def test_a_wrong_line_is_named_and_the_others_count(judge, missing, found, earned):
    result = judge("diagnose", refused=NEWCOMER, missing=missing)

    assert (result.outcome, result.earned) == ("failed", earned)
    assert found in result.text


def test_five_calls_that_pass_and_nothing_beside_them_pass(judge, world):
    world.let(NEWCOMER, *FOUR, "read quotas")

    assert judge("mend", mended=True).outcome == "passed"


def test_each_call_that_passes_counts(judge, world):
    world.let(NEWCOMER, FOUR[0], FOUR[2])

    result = judge("mend", mended=True)

    assert (result.outcome, result.earned) == ("failed", 2)
    assert "Call 2" in result.text


def test_an_api_that_is_off_is_no_matter_of_roles(judge, world):
    world.let(NEWCOMER, *FOUR)

    result = judge("mend", mended=True)

    assert result.earned == 4
    assert "cloudquotas.googleapis.com" in result.text


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("read private/salaries.csv", 1),
        ("create data/lab02-probe.txt", 1),
        ("aiplatform.customJobs.create on projects/p", 2),
        (f"make tokens of {PIPELINE}", 3),
        ("resourcemanager.projects.setIamPolicy on projects/p", 4),
    ],
)
def test_what_lies_beside_a_call_must_stay_refused(judge, world, call, number):
    world.let(NEWCOMER, *FOUR, "read quotas", call)

    result = judge("mend", mended=True)

    assert (result.outcome, result.earned) == ("failed", 3)
    assert f"Call {number}" in result.text


def test_a_grant_that_is_not_yet_in_force_blocks(judge, world):
    world.let(NEWCOMER, *FOUR[1:], "read quotas")
    world.bind("data", "roles/storage.objectViewer", f"serviceAccount:{NEWCOMER}")

    assert judge("mend", mended=True).outcome == "blocked"
