import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code

BUDGETS = "google.cloud.billing.budgets.v1.BudgetService"

FIFTY = {"specifiedAmount": {"units": "50"}}


def create(setup, caller=None, **budget):
    request = {"parent": setup.trial.name, "budget": {"displayName": "course", "amount": FIFTY, **budget}}
    return setup.call(f"{BUDGETS}/CreateBudget", request, caller=caller or setup.student)


def test_a_budget_is_completed_as_google_completes_it(setup):
    budget = create(
        setup, budgetFilter={"projects": ["projects/labkit-student"]}, thresholdRules=[{"thresholdPercent": 0.5}]
    )

    assert budget.name.startswith(f"{setup.trial.name}/budgets/")
    assert budget.amount.specified_amount.currency_code == "USD"
    assert list(budget.budget_filter.projects) == [f"projects/{setup.project.number}"]
    assert (budget.budget_filter.credit_types_treatment, budget.budget_filter.calendar_period) == (1, 1)
    assert budget.threshold_rules[0].spend_basis == 1
    assert setup.call(f"{BUDGETS}/GetBudget", {"name": budget.name}) == budget


def test_budgets_are_listed_by_the_project_they_watch(setup):
    create(setup)
    watching = create(setup, budgetFilter={"projects": ["projects/labkit-student"]})
    listed = {"parent": setup.trial.name}

    assert len(setup.call(f"{BUDGETS}/ListBudgets", listed).budgets) == 2
    scoped = setup.call(f"{BUDGETS}/ListBudgets", {**listed, "scope": "projects/labkit-student"})
    assert list(scoped.budgets) == [watching]
    with pytest.raises(ApiError, match=r"no organizations here"):
        setup.call(f"{BUDGETS}/ListBudgets", {**listed, "scope": "organizations/1"})


def test_an_update_changes_what_its_mask_names(setup):
    budget = create(setup, thresholdRules=[{"thresholdPercent": 0.5}])
    changed = {"name": budget.name, "displayName": "other", "amount": {"specifiedAmount": {"units": "90"}}}

    masked = setup.call(f"{BUDGETS}/UpdateBudget", {"budget": changed, "updateMask": "displayName"})
    assert (masked.display_name, masked.amount.specified_amount.units) == ("other", 50)
    whole = setup.call(f"{BUDGETS}/UpdateBudget", {"budget": changed})
    assert (whole.amount.specified_amount.units, len(whole.threshold_rules)) == (90, 1)
    cleared = setup.call(f"{BUDGETS}/UpdateBudget", {"budget": changed, "updateMask": "thresholdRules"})
    assert list(cleared.threshold_rules) == []
    with pytest.raises(ApiError, match=r"names 'colour'"):
        setup.call(f"{BUDGETS}/UpdateBudget", {"budget": changed, "updateMask": "colour"})


def test_an_update_of_what_has_changed_since_is_aborted(setup):
    budget = create(setup)
    stale = {"name": budget.name, "displayName": "mine", "etag": budget.etag}
    setup.call(f"{BUDGETS}/UpdateBudget", {"budget": stale})

    with pytest.raises(ApiError) as refused:
        setup.call(f"{BUDGETS}/UpdateBudget", {"budget": stale})
    assert refused.value.code is Code.ABORTED


def test_a_deleted_budget_is_not_found(setup):
    budget = create(setup)
    setup.call(f"{BUDGETS}/DeleteBudget", {"name": budget.name})

    with pytest.raises(ApiError) as refused:
        setup.call(f"{BUDGETS}/GetBudget", {"name": budget.name})
    assert refused.value.code is Code.NOT_FOUND


def test_an_owner_of_the_project_alone_makes_no_budget(setup):
    with pytest.raises(ApiError, match=r"billing.budgets.create"):
        create(setup, caller=Principal(setup.project.default_service_account))


CUSTOM = {"customPeriod": {"startDate": {"year": 2026, "month": 9, "day": 1}}}


@pytest.mark.parametrize(
    ("field", "budget"),
    [
        ("display_name", {"displayName": "x" * 61}),
        ("amount", {"amount": {}}),
        ("amount.last_period_amount", {"amount": {"lastPeriodAmount": {}}, "budgetFilter": CUSTOM}),
        (
            "amount.specified_amount.currency_code",
            {"amount": {"specifiedAmount": {"units": "1", "currencyCode": "EUR"}}},
        ),
        ("amount.specified_amount", {"amount": {"specifiedAmount": {"units": "-1"}}}),
        (
            "threshold_rules[1].threshold_percent",
            {"thresholdRules": [{"thresholdPercent": 1}, {"thresholdPercent": -0.1}]},
        ),
        (
            "threshold_rules[0].spend_basis",
            {"thresholdRules": [{"thresholdPercent": 1, "spendBasis": "FORECASTED_SPEND"}], "budgetFilter": CUSTOM},
        ),
        ("budget_filter.credit_types", {"budgetFilter": {"creditTypes": ["PROMOTION"]}}),
        ("budget_filter.credit_types", {"budgetFilter": {"creditTypesTreatment": "INCLUDE_SPECIFIED_CREDITS"}}),
        ("budget_filter.labels", {"budgetFilter": {"labels": {"course": ["ml"], "lab": ["1"]}}}),
        ("budget_filter.labels", {"budgetFilter": {"labels": {"course": ["ml", "dl"]}}}),
        ("budget_filter.custom_period.start_date", {"budgetFilter": {"customPeriod": {}}}),
        ("budget_filter.projects", {"budgetFilter": {"projects": ["projects/other"]}}),
        ("notifications_rule.pubsub_topic", {"notificationsRule": {"pubsubTopic": "topic", "schemaVersion": "1.0"}}),
        ("notifications_rule.schema_version", {"notificationsRule": {"pubsubTopic": "projects/p/topics/t"}}),
        (
            "notifications_rule.monitoring_notification_channels",
            {"notificationsRule": {"monitoringNotificationChannels": ["projects/p/notificationChannels/1"] * 6}},
        ),
        (
            "notifications_rule.monitoring_notification_channels",
            {"notificationsRule": {"monitoringNotificationChannels": ["me@example.com"]}},
        ),
    ],
)
def test_a_budget_that_cannot_be_is_refused_by_its_field(setup, field, budget):
    with pytest.raises(ApiError) as refused:
        create(setup, **budget)

    assert refused.value.code is Code.INVALID_ARGUMENT
    assert refused.value.details[0]["fieldViolations"][0]["field"] == f"budget.{field}"
