import json

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1, billing_v1
from google.cloud.billing import budgets_v1
from google.oauth2.credentials import Credentials


@pytest.fixture
def billing(client_of):
    return client_of(billing_v1.CloudBillingClient)


@pytest.fixture
def account(billing):
    return next(iter(billing.list_billing_accounts()))


def test_the_students_project_is_paid_for_by_the_students_account(billing, account, cloud):
    info = billing.get_project_billing_info(name=f"projects/{cloud.project}")

    assert (info.billing_account_name, info.billing_enabled) == (account.name, True)
    assert (account.display_name, account.open_) == ("My Billing Account", True)
    assert cloud.project in [each.project_id for each in billing.list_project_billing_info(name=account.name)]


def test_an_account_is_linked_and_taken_off(billing, account, new_project, token_of):
    project = new_project()
    name = f"projects/{project.project_id}"
    linked = {"billing_account_name": account.name}
    assert billing.update_project_billing_info(name=name, project_billing_info=linked).billing_enabled
    assert not billing.update_project_billing_info(name=name, project_billing_info={}).billing_enabled


def test_linking_takes_a_permission_on_the_account_too(client_of, billing, cloud):
    theirs = next(
        account
        for account in client_of(billing_v1.CloudBillingClient, "teacher@example.com").list_billing_accounts()
        if account.display_name == "Course Billing Account"
    )
    with pytest.raises(exceptions.Forbidden) as refused:
        billing.update_project_billing_info(
            name=f"projects/{cloud.project}", project_billing_info={"billing_account_name": theirs.name}
        )

    assert refused.value.metadata["permission"] == "billing.resourceAssociations.create"


def test_what_bills_is_refused_while_billing_is_off(billing, account, new_project, token_of, transport):
    from google.cloud import service_usage_v1

    project = new_project()
    name = f"projects/{project.project_id}"
    credentials = Credentials(token_of("student@example.com"))
    billing.update_project_billing_info(name=name, project_billing_info={"billing_account_name": account.name})
    with service_usage_v1.ServiceUsageClient(credentials=credentials) as usage:
        usage.enable_service(request={"name": f"{name}/services/aiplatform.googleapis.com"}).result(timeout=10)
    billing.update_project_billing_info(name=name, project_billing_info={})

    endpoint = {"api_endpoint": "us-central1-aiplatform.googleapis.com"}
    with (
        aiplatform_v1.ModelServiceClient(
            transport=transport, credentials=credentials, client_options=endpoint
        ) as models,
        pytest.raises(exceptions.Forbidden) as refused,
    ):
        models.list_models(parent=f"{name}/locations/us-central1")
    assert (refused.value.reason, refused.value.domain) == ("BILLING_DISABLED", "googleapis.com")


def test_a_budget_is_made_changed_listed_and_deleted(client_of, account, cloud):
    budgets = client_of(budgets_v1.BudgetServiceClient)
    made = budgets.create_budget(
        parent=account.name,
        budget={
            "display_name": "fifty a month",
            "amount": {"specified_amount": {"units": 50}},
            "budget_filter": {"projects": [f"projects/{cloud.project}"]},
            "threshold_rules": [{"threshold_percent": 0.5}, {"threshold_percent": 1.0}],
        },
    )
    assert (made.amount.specified_amount.currency_code, len(made.threshold_rules)) == ("USD", 2)

    made.display_name = "still fifty"
    changed = budgets.update_budget(request={"budget": made, "update_mask": {"paths": ["display_name"]}})
    assert budgets.get_budget(name=made.name) == changed
    assert changed in list(budgets.list_budgets(parent=account.name))
    budgets.delete_budget(name=made.name)
    with pytest.raises(exceptions.NotFound):
        budgets.get_budget(name=made.name)


def test_a_budget_that_cannot_be_is_refused_by_its_field(client_of, account):
    with pytest.raises(exceptions.BadRequest, match=r"threshold_percent"):
        client_of(budgets_v1.BudgetServiceClient).create_budget(
            parent=account.name,
            budget={
                "amount": {"specified_amount": {"units": 1}},
                "threshold_rules": [{"threshold_percent": -1}],
            },
        )


def test_gcloud_links_a_project_and_makes_a_budget(gcloud_of, new_project):
    project = new_project().project_id
    (account,) = json.loads(gcloud_of("billing", "accounts", "list", "--format=json"))
    identifier = account["name"].removeprefix("billingAccounts/")
    gcloud_of("billing", "projects", "link", project, f"--billing-account={identifier}")
    assert gcloud_of("billing", "projects", "describe", project, "--format=value(billingEnabled)").strip() == "True"
    gcloud_of("billing", "projects", "unlink", project)

    on = f"--billing-account={identifier}"
    gcloud_of("billing", "budgets", "create", on, "--display-name=by gcloud", "--budget-amount=20USD")
    assert "by gcloud" in gcloud_of("billing", "budgets", "list", on, "--format=value(displayName)")
