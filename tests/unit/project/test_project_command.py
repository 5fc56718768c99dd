import pytest
from typer.testing import CliRunner

from labkit import cli
from labkit.project.needs import COURSE
from tests.fake_google import ACCOUNT, Answer, Google, OnGoogle


@pytest.fixture
def run(monkeypatch):
    """`labkit project …` on a Google Cloud of the test's."""

    def run(google, *arguments):
        monkeypatch.setattr(cli, "_reach", lambda: OnGoogle(google))
        return CliRunner().invoke(cli.app, ["project", *arguments])

    monkeypatch.setattr("labkit.project.google_rest._POLL_SECONDS", 0)
    return run


@pytest.fixture(autouse=True)
def printed(monkeypatch):
    """What is said goes where the runner reads it."""
    monkeypatch.setattr(cli, "_say", lambda text: print(text))


def test_the_project_is_shown(run):
    shown = run(Google(account=ACCOUNT))

    assert shown.exit_code == 0
    assert f"Project lab-one (number 123456789012)\nBilling: {ACCOUNT}\n" in shown.output


def test_a_plan_changes_nothing(run):
    google = Google()
    shown = run(google, "plan")

    assert shown.exit_code == 0
    assert "1. Link the project to" in shown.output
    assert google.calls == []


def test_a_plan_is_applied_and_the_next_one_is_empty(run):
    google = Google()

    assert run(google, "apply").output.endswith("Done.\n")
    assert set(COURSE.services) <= google.services
    assert run(google, "apply").output == "Project lab-one is ready: nothing is to be done.\n"


def test_what_somebody_else_must_do_is_status_1(run):
    refused = {"POST /v3/projects/lab-one:testIamPermissions": Answer(200, {})}
    ended = run(Google(refusals=refused), "apply")

    assert ended.exit_code == 1
    assert "Not yours to do" in ended.output
