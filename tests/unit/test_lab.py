from types import SimpleNamespace

import pytest

import labkit.cloud
import labkit.project
from labkit import labs
from labkit.checking.exercise import LabDefinition, WrongAnswer, exercise
from labkit.checking.verdict import Failed, Passed
from labkit.errors import CloudError, LabkitError, UnknownNameError
from labkit.lab import Lab, start
from labkit.progress import Progress
from labkit.project import Plan
from labkit.project.steps import EnableServices
from tests.fakes import FakeClock

WRONG = (WrongAnswer("one", "x = 1", "one"), WrongAnswer("two", "x = 2", "two"))


@exercise("number", points=2, hints=["weak", "strong"], wrong=WRONG)
def number(answers, cloud):
    return Passed("42") if answers.text("x") == "42" else Failed(answers.text("x"), "42", "try again")


DEFINITION = LabDefinition(
    "00_lab", "A lab", (number,), bills=("a machine", "a bucket"), services=("storage.googleapis.com",)
)


def cloud(project="p", *, bills=False):
    return SimpleNamespace(
        name="google" if bills else "local", bills=bills, project=project, region="us-central1", ensure=lambda: None
    )


@pytest.fixture
def make(tmp_path):
    def lab(names=None, *, project="p"):
        progress = Progress(tmp_path / "progress.json", clock=FakeClock())
        return Lab(DEFINITION, cloud(project), {} if names is None else names, progress, Plan(project))

    return lab


def test_a_check_sees_what_the_notebook_holds_now(make):
    names = {"x": "41"}
    lab = make(names)

    assert lab.check("number").outcome == "failed"
    names["x"] = "42"
    assert lab.check("number").outcome == "passed"


def test_a_check_leaves_the_notebooks_names_alone(make):
    names = {"x": "42"}
    make(names).check("number")

    assert names == {"x": "42"}


def test_nobody_is_acted_as_whose_name_the_cloud_does_not_know(make):
    with pytest.raises(CloudError, match="Nobody is called 'studnet'"):
        make().act_as("studnet")


def test_progress_is_kept_over_a_restart(make):
    make({"x": "42"}).check("number")

    (standing,) = make().progress().rows
    assert (standing.outcome, standing.earned, standing.points) == ("passed", 2, 2)


def test_a_lab_says_where_it_works_what_that_bills_and_how_far_it_is(make):
    lab = make({"x": "42"})
    lab.check("number")

    assert repr(lab).splitlines() == [
        "A lab (00_lab)",
        "Cloud: local, bills nothing",
        "Project: p, region us-central1",
        "Progress: 2 of 2 points; `lab.progress()` shows them one by one",
    ]


def test_a_lab_on_google_cloud_names_what_bills(tmp_path):
    progress = Progress(tmp_path / "p.json", clock=FakeClock())
    lab = Lab(DEFINITION, cloud(bills=True), {}, progress, Plan("p"))

    assert "Cloud: google, bills for a machine; a bucket" in repr(lab)
    assert "bills for a machine; a bucket" in lab._repr_html_()


def test_progress_shows_what_was_never_checked(make):
    assert make().progress().rows[0].outcome == "not attempted"


def test_an_unknown_exercise_offers_the_nearest(make):
    for ask in (make().check, make().hint, make().solution):
        with pytest.raises(UnknownNameError, match="Did you mean 'number'"):
            ask("nubmer")


def test_hints_come_in_tiers(make):
    assert "weak" in repr(make().hint("number"))
    assert "strong" in repr(make().hint("number", 2))
    with pytest.raises(UnknownNameError, match="There are: 1, 2"):
        make().hint("number", 3)


def test_a_name_is_unique_to_the_project_and_the_same_each_time(make):
    assert make().unique_name("digits") == make().unique_name("digits") == "p-digits"
    assert make(project="q").unique_name("digits") != make().unique_name("digits")


def test_a_name_is_never_too_long_for_a_bucket(make):
    long = make(project="p" * 60).unique_name("digits")

    assert len(long) <= 63
    assert long != make(project="q" * 60).unique_name("digits")


def test_the_solution_is_the_answer_region_alone(tmp_path):
    lab = Lab(labs.find("06_training"), cloud(), {}, Progress(tmp_path / "p.json", clock=FakeClock()), Plan("p"))

    assert "client.create_bucket(bucket, location=REGION)" in repr(lab.solution("bucket"))
    assert "---" not in repr(lab.solution("bucket"))


def test_a_copy_without_solutions_says_so(make):
    # The course has no lab 00.
    with pytest.raises(LabkitError, match="without solutions"):
        make().solution("number")


@pytest.fixture
def enabled(monkeypatch):
    """The APIs that `start` has seen to; the project is ready."""
    seen = []
    monkeypatch.setattr(labkit.project, "ensure", lambda cloud, services: seen.extend(services) or Plan(cloud.project))
    return seen


def test_what_was_set_up_for_the_lab_is_said(tmp_path):
    progress = Progress(tmp_path / "p.json", clock=FakeClock())
    setup = Plan("p", (EnableServices("p", ("aiplatform.googleapis.com",)),))

    assert "aiplatform.googleapis.com" in repr(Lab(DEFINITION, cloud(), {}, progress, setup))


def test_start_sees_to_the_apis_that_the_lab_needs(monkeypatch, tmp_path, enabled):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    monkeypatch.setattr(labkit.cloud, "connect", lambda name, **options: cloud())

    start("06_training")

    assert "aiplatform.googleapis.com" in enabled


def test_start_reads_the_names_of_whoever_calls_it(monkeypatch, tmp_path, enabled):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    monkeypatch.setattr(labkit.cloud, "connect", lambda name, **options: cloud())
    globals()["cleaned_up"] = 7
    try:
        assert "cleaned_up is of type int: 7" in start("06_training").check("cleanup").text
    finally:
        del globals()["cleaned_up"]


def test_start_asks_for_the_chosen_cloud_and_says_what_will_be_billed(monkeypatch, tmp_path, enabled):
    asked = {}
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    monkeypatch.setattr(labkit.cloud, "connect", lambda name, **options: asked.update(name=name, **options) or cloud())

    start("06_training", cloud="google", project="mine", yes=True)

    assert (asked["name"], asked["project"], asked["yes"]) == ("google", "mine", True)
    assert any("endpoint" in line for line in asked["bills"])


def test_start_of_an_unknown_lab_starts_no_cloud(monkeypatch):
    monkeypatch.setattr(labkit.cloud, "connect", lambda *args, **options: pytest.fail("connected"))

    with pytest.raises(UnknownNameError, match="06_training"):
        start("06_traning")
