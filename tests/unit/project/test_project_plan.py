from dataclasses import replace
from decimal import Decimal

import pytest

from labkit.project.needs import COURSE, Grant, Needs
from labkit.project.plan import plan
from labkit.project.state import BillingAccount, Credit, ProjectState
from labkit.project.steps import ENABLE, GRANT, LINK, PAY, WATCH, CreateBudget, EnableServices, GrantRole, LinkBilling

VERTEX, RUN, BUDGETS = "aiplatform.googleapis.com", "run.googleapis.com", "billingbudgets.googleapis.com"
ACCOUNT = BillingAccount("billingAccounts/0A0A0A-0B0B0B-0C0C0C", "Mine", frozenset({PAY, WATCH}))
READER = Grant("roles/storage.objectViewer", "user:friend@example.com")

BARE = ProjectState(
    id="lab-one",
    number="123456789012",
    services=frozenset({"storage.googleapis.com"}),
    billing_account="",
    billing_enabled=False,
    accounts=(ACCOUNT,),
    permissions=frozenset({ENABLE, LINK, GRANT}),
    budgets=frozenset(),
    grants=frozenset(),
)
PAID = replace(BARE, billing_account=ACCOUNT.name, billing_enabled=True)


def test_what_bills_is_enabled_after_an_account_is_linked_and_the_rest_follows():
    made = plan(Needs((VERTEX, "storage.googleapis.com"), (READER,), budget=50), BARE)

    assert made.steps == (
        LinkBilling("lab-one", ACCOUNT.name),
        EnableServices("lab-one", (VERTEX, BUDGETS)),
        CreateBudget("lab-one", "123456789012", ACCOUNT.name, 50),
        GrantRole("lab-one", READER),
    )
    assert made.obstacles == ()


def test_a_project_that_has_it_all_needs_nothing():
    ready = replace(
        PAID, services=frozenset({VERTEX, BUDGETS}), budgets=frozenset({"labkit lab-one"}), grants=frozenset({READER})
    )
    made = plan(Needs((VERTEX,), (READER,), budget=50), ready)

    assert (made.steps, made.obstacles) == ((), ())
    assert repr(made) == "Project lab-one is ready: nothing is to be done."


def test_more_than_twenty_services_are_enabled_in_as_many_calls_as_it_takes():
    names = tuple(f"api{number}.googleapis.com" for number in range(45))

    assert [len(step.services) for step in plan(Needs(names), PAID).steps] == [20, 20, 5]


@pytest.mark.parametrize(
    ("state", "problem", "remedy"),
    [
        (replace(BARE, permissions=frozenset({ENABLE})), f"you lack {LINK}", "gcloud billing projects link lab-one"),
        (replace(BARE, accounts=()), "no open billing account is yours", "ask your teacher"),
        (replace(BARE, accounts=(replace(ACCOUNT, permissions=frozenset()),)), "no open billing account is yours", ""),
    ],
)
def test_without_billing_it_says_who_can_link_an_account_and_enables_nothing(state, problem, remedy):
    made = plan(Needs((VERTEX,)), state)

    assert made.steps == ()
    assert problem in made.obstacles[0].problem
    assert remedy in made.obstacles[0].remedy
    assert VERTEX in made.obstacles[1].problem


def test_what_the_caller_may_not_do_is_said_with_the_command_of_whoever_may():
    may_nothing = replace(PAID, permissions=frozenset(), accounts=(), budgets=None, grants=None)
    made = plan(Needs((VERTEX,), (READER,), budget=50), may_nothing)

    assert made.steps == ()
    assert [ENABLE in made.obstacles[0].problem, WATCH in made.obstacles[1].problem, GRANT in made.obstacles[2].problem]
    shown = repr(made)
    for command in (
        f"gcloud services enable {VERTEX} {BUDGETS} --project=lab-one",
        "gcloud billing budgets create --billing-account=0A0A0A-0B0B0B-0C0C0C --display-name='labkit lab-one' ",
        "gcloud projects add-iam-policy-binding lab-one --member=user:friend@example.com",
    ):
        assert command in shown


def test_a_plan_shows_each_step_with_its_cost_and_its_command():
    made = plan(Needs((VERTEX,)), BARE)

    assert repr(made) == (
        "Project lab-one: 2 steps\n"
        f"1. Link the project to {ACCOUNT.name}, which then pays for it. Costs nothing.\n"
        "   gcloud billing projects link lab-one --billing-account=0A0A0A-0B0B0B-0C0C0C\n"
        f"2. Enable {VERTEX}. Costs nothing.\n"
        f"   gcloud services enable {VERTEX} --project=lab-one"
    )
    assert f"gcloud services enable {VERTEX}" in made._repr_html_()


def test_the_course_needs_no_more_than_one_call_enables():
    assert len(COURSE.services) <= EnableServices.MOST


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        (
            replace(PAID, credit=Credit(Decimal(300), Decimal("12.5"), "USD"), budgets=frozenset({"labkit lab-one"})),
            ["Credit: 300.00 USD given, 12.50 spent, 287.50 left", "Budget alerts: labkit lab-one"],
        ),
        (
            replace(PAID, budgets=None),
            [
                "Credit: Google tells it in its console only: https://console.cloud.google.com/billing/0A0A0A",
                "not yours",
            ],
        ),
        (BARE, ["Billing: none; what bills cannot be used", "Credit: none", "APIs enabled: 1: storage"]),
        (replace(PAID, billing_enabled=False), [f"Billing: {ACCOUNT.name}, which is closed"]),
    ],
)
def test_a_state_is_shown_in_text_and_in_html(state, lines):
    for line in lines:
        assert line in repr(state)
        assert line.partition(": ")[2] in state._repr_html_()
