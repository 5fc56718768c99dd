"""`labkit.project` on the local cloud, as the people of a course."""

from decimal import Decimal

import pytest
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

from labkit import project
from labkit.project.needs import Grant, Needs

NEEDS = Needs(("run.googleapis.com",), (Grant("roles/viewer", "user:friend@example.com"),), budget=50)


class As:
    """The cloud as one user has it, on a project of theirs."""

    bills = False

    def __init__(self, token, name):
        self.project = name
        self._session = AuthorizedSession(Credentials(token))

    def session(self):
        return self._session


@pytest.fixture
def student(token_of, new_project):
    return As(token_of("student@example.com"), new_project().project_id)


def test_a_new_project_is_made_ready_and_then_needs_nothing(student):
    before = project.read(student)
    plan = project.plan(NEEDS, before)
    assert [type(step).__name__ for step in plan.steps] == [
        "LinkBilling",
        "EnableServices",
        "CreateBudget",
        "GrantRole",
    ]
    project.apply(plan, student)

    after = project.read(student)
    assert project.plan(NEEDS, after).steps == ()
    assert after.services > before.services
    rest = project.Needs(())
    assert project.plan(rest, after) == project.Plan(student.project)
    _unlink(student)


def test_the_credit_and_what_is_spent_of_it_are_shown(token_of, local_cloud):
    state = project.read(As(token_of("student@example.com"), local_cloud.project))

    assert (state.credit.granted, state.credit.spent, state.credit.currency) == (Decimal(300), 0, "USD")
    assert "300.00 USD given, 0.00 spent, 300.00 left" in repr(state)


def test_who_only_reads_a_project_learns_what_others_must_do(token_of, local_cloud, gcloud_of):
    binding = ["--member=user:reader@example.com", "--role=roles/viewer", "--condition=None"]
    gcloud_of("projects", "add-iam-policy-binding", local_cloud.project, *binding)
    reader = As(token_of("reader@example.com"), local_cloud.project)
    needs = Needs(("secretmanager.googleapis.com",), NEEDS.grants, budget=50)
    plan = project.plan(needs, project.read(reader))
    gcloud_of("projects", "remove-iam-policy-binding", local_cloud.project, *binding)

    assert plan.steps == ()
    assert len(plan.obstacles) == 3
    assert "gcloud services enable secretmanager.googleapis.com" in repr(plan)


def test_a_stranger_is_refused_in_the_clouds_words(token_of, local_cloud):
    with pytest.raises(project.ProjectError, match=r"resourcemanager.projects.get"):
        project.read(As(token_of("stranger@example.com"), local_cloud.project))


def test_ensure_enables_once(token_of, local_cloud):
    student = As(token_of("student@example.com"), local_cloud.project)
    done = project.ensure(student, ("secretmanager.googleapis.com",))

    assert [step.services for step in done.steps] == [("secretmanager.googleapis.com",)]
    assert project.ensure(student, ("secretmanager.googleapis.com",)).steps == ()


def _unlink(cloud):
    """An account pays for five projects."""
    url = f"https://cloudbilling.googleapis.com/v1/projects/{cloud.project}/billingInfo"
    cloud.session().put(url, json={}).raise_for_status()
