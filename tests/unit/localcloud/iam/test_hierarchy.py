import pytest

PROJECT_POLICY = "//cloudresourcemanager.googleapis.com/projects/labkit-student"
ACCOUNT = "trainer@labkit-student.iam.gserviceaccount.com"


@pytest.fixture
def hierarchy(control):
    return control.hierarchy


@pytest.mark.parametrize("key", ["labkit-student", "100000000001"])
def test_a_project_is_found_by_id_and_by_number_and_has_one_policy(hierarchy, key):
    resource = hierarchy.locate("cloudresourcemanager.googleapis.com", f"projects/{key}")

    assert resource.project == "labkit-student"
    assert resource.type == "cloudresourcemanager.googleapis.com/Project"
    assert hierarchy.full_name(resource) == PROJECT_POLICY
    assert set(hierarchy.policy_names(resource)) == {PROJECT_POLICY}


def test_the_name_stays_as_the_caller_wrote_it(hierarchy):
    name = "projects/100000000001/locations/us-central1/customJobs/1"

    assert hierarchy.locate("aiplatform.googleapis.com", name).name == name


def test_what_is_below_a_project_inherits_from_each_step(hierarchy):
    resource = hierarchy.locate("run.googleapis.com", "projects/100000000001/locations/us-central1/services/web")

    assert resource.type == "run.googleapis.com/Service"
    assert hierarchy.policy_names(resource) == (
        "//run.googleapis.com/projects/labkit-student/locations/us-central1/services/web",
        "//run.googleapis.com/projects/labkit-student/locations/us-central1",
        "//run.googleapis.com/projects/labkit-student",
        PROJECT_POLICY,
    )


@pytest.mark.parametrize("project", ["labkit-student", "100000000001", "-"])
@pytest.mark.parametrize("account", [ACCOUNT, "117"])
def test_a_service_account_has_one_policy_whatever_it_is_called(hierarchy, accounts, project, account):
    accounts.add(ACCOUNT, "117")

    resource = hierarchy.locate("iam.googleapis.com", f"projects/{project}/serviceAccounts/{account}")

    assert resource.project == "labkit-student"
    assert hierarchy.full_name(resource) == f"//iam.googleapis.com/projects/labkit-student/serviceAccounts/{ACCOUNT}"


def test_the_default_service_account_is_of_the_project_whose_number_it_bears(hierarchy):
    email = "100000000001-compute@developer.gserviceaccount.com"

    assert hierarchy.locate("iam.googleapis.com", f"projects/-/serviceAccounts/{email}").project == "labkit-student"


@pytest.mark.parametrize(
    "name",
    [
        "projects/not-here/locations/us-central1",
        "projects/-/serviceAccounts/a@not-here.iam.gserviceaccount.com",
        "projects/-/serviceAccounts/someone",
        "organizations/1",
        "folders/1",
        "billingAccounts/X",
        "projects",
        "",
    ],
)
def test_what_belongs_to_no_project_of_this_cloud_has_none(hierarchy, name):
    assert hierarchy.locate("iam.googleapis.com", name).project == ""


def test_an_object_is_guarded_by_its_bucket_however_deep_its_name(hierarchy):
    from labkit.localcloud.core.access import Resource

    deep = Resource("storage.googleapis.com", "projects/_/buckets/b/objects/a/b/objects/c", project="labkit-student")

    assert hierarchy.policy_names(deep) == (
        "//storage.googleapis.com/projects/_/buckets/b",
        "//storage.googleapis.com/projects/_",
        PROJECT_POLICY,
    )


def test_a_budget_is_guarded_by_its_billing_account(hierarchy):
    budget = hierarchy.locate("billingbudgets.googleapis.com", "billingAccounts/X/budgets/1")

    assert "//cloudbilling.googleapis.com/billingAccounts/X" in hierarchy.policy_names(budget)
