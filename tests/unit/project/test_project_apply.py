"""Over a session that answers as a small Google Cloud does, and can die at any call."""

import pytest
import requests

from labkit import project
from labkit.project.google_rest import GoogleRest, ProjectError
from labkit.project.needs import Grant, Needs
from tests.fake_google import ACCOUNT, STORAGE, Answer, Google, KilledError, OnGoogle, refusal

VERTEX, BUDGETS = "aiplatform.googleapis.com", "billingbudgets.googleapis.com"
NEEDS = Needs((VERTEX,), (Grant("roles/viewer", "user:friend@example.com"),), budget=50)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("labkit.project.google_rest._POLL_SECONDS", 0)


def plan_of(cloud):
    return project.plan(NEEDS, project.read(cloud))


def test_a_project_is_made_ready_and_then_needs_nothing():
    google = Google()
    cloud = OnGoogle(google)
    project.apply(plan_of(cloud), cloud)

    assert google.account == ACCOUNT
    assert google.services == {STORAGE, VERTEX, BUDGETS}
    assert google.bindings == [{"role": "roles/viewer", "members": ["user:friend@example.com"]}]
    (budget,) = google.budgets
    assert budget["budgetFilter"] == {"projects": ["projects/123456789012"]}
    assert [rule["thresholdPercent"] for rule in budget["thresholdRules"]] == [0.5, 0.9, 1.0]
    assert plan_of(cloud).steps == ()


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
def test_after_a_crash_at_any_step_the_next_plan_shows_only_the_rest(dies_at):
    google = Google(dies_at=dies_at)
    cloud = OnGoogle(google)
    whole = plan_of(cloud)
    with pytest.raises(KilledError):
        project.apply(whole, cloud)

    rest = plan_of(cloud)
    assert len(rest.steps) == len(whole.steps) - dies_at
    project.apply(rest, cloud)
    assert plan_of(cloud).steps == ()
    assert len(google.budgets) == 1


def test_an_old_plan_made_twice_changes_nothing_more():
    google = Google()
    cloud = OnGoogle(google)
    plan = plan_of(cloud)
    project.apply(plan, cloud)
    project.apply(plan, cloud)

    assert len(google.budgets) == 1


def test_a_policy_that_another_changed_in_between_is_read_again():
    google = Google(races=2)
    cloud = OnGoogle(google)
    project.apply(plan_of(cloud), cloud)

    assert google.bindings == [{"role": "roles/viewer", "members": ["user:friend@example.com"]}]


def test_a_policy_that_is_always_changed_in_between_is_given_up():
    cloud = OnGoogle(Google(races=100))

    with pytest.raises(ProjectError):
        project.apply(plan_of(cloud), cloud)


def test_ensure_asks_once_where_nothing_is_to_be_done():
    google = Google(services={STORAGE, VERTEX}, refusals={"GET /v3/projects/lab-one": Answer(500, {})})

    assert project.ensure(OnGoogle(google), (STORAGE, VERTEX)).steps == ()
    assert project.ensure(OnGoogle(google), ()).steps == ()


def test_ensure_enables_what_is_missing_and_says_what_it_did():
    google = Google(account=ACCOUNT)
    done = project.ensure(OnGoogle(google), (STORAGE, VERTEX))

    assert [step.services for step in done.steps] == [(VERTEX,)]
    assert VERTEX in google.services


def test_ensure_says_who_can_do_what_the_caller_cannot():
    refused = {"POST /v3/projects/lab-one:testIamPermissions": Answer(200, {})}

    with pytest.raises(ProjectError, match=r"roles/serviceusage.serviceUsageAdmin"):
        project.ensure(OnGoogle(Google(account=ACCOUNT, refusals=refused)), (VERTEX,))


def test_what_the_caller_may_not_see_is_unknown_and_norefusal():
    hidden = Answer(403, refusal("PERMISSION_DENIED"))
    refused = {f"GET /v1/{ACCOUNT}/budgets": hidden, "POST /v3/projects/lab-one:getIamPolicy": hidden}
    state = project.read(OnGoogle(Google(account=ACCOUNT, refusals=refused)))

    assert (state.budgets, state.grants, state.credit) == (None, None, None)


@pytest.mark.parametrize("place", [f"GET /v1/{ACCOUNT}/budgets", "POST /v3/projects/lab-one:getIamPolicy"])
def test_any_other_refusal_is_told_in_the_clouds_words(place):
    refused = {place: Answer(400, refusal("INVALID_ARGUMENT", "what is this?"))}

    with pytest.raises(ProjectError, match=r"what is this\?"):
        project.read(OnGoogle(Google(account=ACCOUNT, refusals=refused)))


@pytest.mark.parametrize("body", ["<html>", []])
def test_an_answer_that_is_not_googles_is_shown(body):
    refused = {"GET /v3/projects/lab-one": Answer(502, body, "Bad gateway")}

    with pytest.raises(ProjectError, match=r"answered 502: Bad gateway"):
        project.read(OnGoogle(Google(refusals=refused)))


def test_no_answer_is_an_error_of_ours_with_its_cause():
    class Dead:
        def request(self, *_args, **_arguments):
            raise requests.ConnectionError("refused")

    with pytest.raises(ProjectError, match=r"got no answer: refused"):
        GoogleRest(Dead()).get("https://example.com")


def test_an_operation_that_fails_is_told_in_its_words():
    with pytest.raises(ProjectError, match=r"quota"):
        GoogleRest(Google()).wait("", {"name": "operations/1", "done": True, "error": {"message": "quota"}})
