from decimal import Decimal

import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.billing.accounts import PROJECTS_PER_ACCOUNT

BILLING = "google.cloud.billing.v1.CloudBilling"
PROJECT = "projects/labkit-student"


def link(setup, project, account, caller):
    request = {"name": f"projects/{project}", "projectBillingInfo": {"billingAccountName": account}}
    return setup.call(f"{BILLING}/UpdateProjectBillingInfo", request, caller=caller)


def test_a_new_project_is_paid_for_by_a_trial_with_its_credit(setup):
    info = setup.call(f"{BILLING}/GetProjectBillingInfo", {"name": PROJECT})

    assert (info.billing_account_name, info.billing_enabled) == (setup.trial.name, True)
    assert (info.name, info.project_id) == (f"{PROJECT}/billingInfo", "labkit-student")
    assert (setup.trial.is_trial, setup.trial.credit, setup.trial.spent) == (True, 300, 0)


def test_accounts_are_listed_to_those_who_may_see_them(setup):
    def listed(caller):
        reply = setup.call(f"{BILLING}/ListBillingAccounts", caller=caller)
        return [account.display_name for account in reply.billing_accounts]

    assert listed(setup.student) == ["My Billing Account"]
    assert listed(setup.teacher) == ["My Billing Account", "Course Billing Account"]
    assert listed(Principal(setup.project.default_service_account)) == []


def test_linking_takes_a_permission_on_both_sides(setup):
    editor, stranger = Principal(setup.project.default_service_account), Principal("stranger@example.com")
    with pytest.raises(ApiError, match=r"createBillingAssignment"):
        link(setup, "labkit-student", setup.trial.name, editor)
    with pytest.raises(ApiError, match=r"createBillingAssignment"):
        link(setup, "labkit-student", setup.trial.name, stranger)
    with pytest.raises(ApiError, match=r"billing.resourceAssociations.create"):
        link(setup, "labkit-student", setup.course_account.name, setup.student)

    info = link(setup, "labkit-student", setup.course_account.name, setup.teacher)
    assert info.billing_account_name == setup.course_account.name


def test_an_account_that_does_not_exist_is_refused_as_one_that_is_not_yours(setup):
    with pytest.raises(ApiError) as refused:
        link(setup, "labkit-student", "billingAccounts/000000-000000-000000", setup.student)

    assert refused.value.code is Code.PERMISSION_DENIED


def test_billing_is_taken_off_by_an_empty_name(setup):
    info = link(setup, "labkit-student", "", setup.student)

    assert (info.billing_account_name, info.billing_enabled) == ("", False)


def test_an_account_pays_for_five_projects(setup):
    for number in range(1, PROJECTS_PER_ACCOUNT):
        setup.parts.new_projects.create(f"lab-number-{number}", setup.student)
        link(setup, f"lab-number-{number}", setup.trial.name, setup.student)
    setup.parts.new_projects.create("one-too-many", setup.student)

    with pytest.raises(ApiError, match=r"Precondition check failed.") as refused:
        link(setup, "one-too-many", setup.trial.name, setup.student)
    assert refused.value.details[0]["violations"] == [
        {
            "subject": setup.trial.name,
            "description": "Cloud billing quota exceeded: "
            "https://support.google.com/code/contact/billing_quota_increase",
        }
    ]
    link(setup, "labkit-student", setup.trial.name, setup.student)  # Linked already: not one more.
    listed = setup.call(f"{BILLING}/ListProjectBillingInfo", {"name": setup.trial.name})
    assert [info.project_id for info in listed.project_billing_info] == [
        "lab-number-1", "lab-number-2", "lab-number-3", "lab-number-4", "labkit-student",
    ]  # fmt: skip


def test_a_trial_is_closed_when_its_credit_is_spent(setup):
    setup.ledger.amounts[setup.trial.name] = Decimal("299.99")
    assert setup.call(f"{BILLING}/GetBillingAccount", {"name": setup.trial.name}).open

    setup.ledger.amounts[setup.trial.name] = Decimal("300")
    assert not setup.call(f"{BILLING}/GetBillingAccount", {"name": setup.trial.name}).open
    info = setup.call(f"{BILLING}/GetProjectBillingInfo", {"name": PROJECT})
    assert (info.billing_account_name, info.billing_enabled) == (setup.trial.name, False)
    with pytest.raises(ApiError, match=r"is closed"):
        link(setup, "labkit-student", setup.trial.name, setup.student)


def test_an_account_without_a_trial_stays_open(setup):
    setup.ledger.amounts[setup.course_account.name] = Decimal(10_000)

    assert setup.course_account.is_open


def test_an_account_is_renamed_and_nothing_else(setup):
    name = setup.trial.name
    request = {"name": name, "account": {"displayName": "Mine"}}
    assert setup.call(f"{BILLING}/UpdateBillingAccount", request).display_name == "Mine"

    with pytest.raises(ApiError, match=r"Only display_name"):
        setup.call(f"{BILLING}/UpdateBillingAccount", {**request, "updateMask": "open"})


def test_an_accounts_policy_is_its_administrators(setup):
    name = setup.trial.name
    policy = setup.call(f"{BILLING}/GetIamPolicy", {"resource": name})
    assert [binding.role for binding in policy.bindings] == ["roles/billing.admin"]

    asked = {"resource": name, "permissions": ["billing.budgets.create", "billing.accounts.setIamPolicy"]}
    nobody = setup.call(f"{BILLING}/TestIamPermissions", asked, caller=Principal("stranger@example.com"))
    assert list(nobody.permissions) == []
    assert list(setup.call(f"{BILLING}/TestIamPermissions", asked).permissions) == asked["permissions"]
