import pytest

TRAINER = "lab02-trainer@p.iam.gserviceaccount.com"
REVIEWER = "lab02-reviewer@p.iam.gserviceaccount.com"
VIEWER = "roles/storage.objectViewer"
READS = ("read data/digits.csv", "list data")
REPORTS = 'resource.name.startsWith("projects/_/buckets/results/objects/reports/")'
UNTIL = 'request.time < timestamp("2027-01-31T00:00:00Z")'


@pytest.mark.parametrize(
    ("exercise", "calls"),
    [("read", READS), ("write", ("create results/lab02-probe.txt",))],
)
def test_what_must_pass_and_no_more_passes(judge, world, exercise, calls):
    world.let(TRAINER, *calls)

    assert judge(exercise, data_policy="set", results_policy="set").outcome == "passed"


@pytest.mark.parametrize(
    ("exercise", "call", "said"),
    [
        ("read", "create data/lab02-probe.txt", "create data/lab02-probe.txt"),
        ("read", "delete data/digits.csv", "delete or overwrite data/digits.csv"),
        ("read", "read private/salaries.csv", "read private/salaries.csv"),
        ("read", "list buckets", "list the project's buckets"),
        ("write", "read results/reports/summary.txt", "read results/reports/summary.txt"),
        ("write", "list results", "list the objects of results"),
        ("write", "delete results/reports/summary.txt", "delete or overwrite"),
        ("write", "create data/lab02-probe.txt", "create data/lab02-probe.txt"),
    ],
)
def test_one_call_too_many_is_named_and_earns_a_part(judge, world, exercise, call, said):
    world.let(TRAINER, *READS[: 2 if exercise == "read" else 0], call)
    if exercise == "write":
        world.let(TRAINER, "create results/lab02-probe.txt")

    result = judge(exercise, data_policy="set", results_policy="set")

    assert (result.outcome, result.earned) == ("failed", 1)
    assert said in result.text


@pytest.mark.parametrize("exercise", ["read", "write"])
def test_an_account_that_may_not_do_its_work_fails_and_its_roles_are_named(judge, world, exercise):
    world.bind("projects/p", "roles/storage.bucketViewer", f"serviceAccount:{TRAINER}")

    result = judge(exercise, data_policy="set", results_policy="set")

    assert (result.outcome, result.earned) == ("failed", 0)
    assert "roles/storage.bucketViewer on the project" in result.text


def test_a_bucket_that_everybody_may_read_fails_whoever_else_may(judge, world):
    world.let(TRAINER, *READS)
    world.bind("data", VIEWER, "allUsers")

    assert "everybody on the internet" in judge("read", data_policy="set").text


def test_the_right_binding_that_is_not_yet_in_force_blocks(judge, world):
    world.bind("data", VIEWER, f"serviceAccount:{TRAINER}")

    assert judge("read", data_policy="set").outcome == "blocked"


def test_a_condition_on_name_and_time_passes_and_the_end_is_said(judge, world):
    world.bind("results", VIEWER, f"serviceAccount:{REVIEWER}", f"{REPORTS} && {UNTIL}")
    world.let(REVIEWER, "read results/reports/summary.txt")

    result = judge("condition", review_policy="set")

    assert result.outcome == "passed"
    assert "2027-01-31T00:00:00Z" in result.text


def test_a_condition_without_an_end_earns_two_of_three(judge, world):
    world.bind("results", VIEWER, f"serviceAccount:{REVIEWER}", REPORTS)
    world.let(REVIEWER, "read results/reports/summary.txt")

    assert judge("condition", review_policy="set").earned == 2


def test_a_condition_that_never_holds_is_shown(judge, world):
    world.bind("results", VIEWER, f"serviceAccount:{REVIEWER}", 'resource.name.startsWith("reports/")')

    result = judge("condition", review_policy="set")

    assert result.outcome == "failed"
    assert 'if resource.name.startsWith("reports/")' in result.text


def test_a_role_without_a_condition_fails(judge, world):
    world.bind("results", VIEWER, f"serviceAccount:{REVIEWER}")
    world.let(REVIEWER, "read results/reports/summary.txt", "read results/models/model.txt")

    assert "may also read results/models/model.txt" in judge("condition", review_policy="set").text


def test_an_account_that_may_not_be_impersonated_fails_with_the_clouds_words(judge, world):
    world.closed.add(TRAINER)

    assert f"{TRAINER}: denied" in judge("read", data_policy="set").text
