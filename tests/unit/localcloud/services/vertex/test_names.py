import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import FIRST_NUMBER, Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.vertex.names import Names
from tests.fakes import FakeClock, GrantedAccess

HOST = "us-central1-aiplatform.googleapis.com"
registry = Registry()


@pytest.fixture
def names(tmp_path):
    store = Store(tmp_path / "cloud.db")
    projects = Projects(store, FakeClock(), Ids(), default="student")
    projects.create("student")
    yield Names(projects)
    store.close()


def context():
    method = registry.method("/google.cloud.aiplatform.v1.JobService/GetCustomJob", HOST)
    return Context(method, Principal("alice@example.com"), HOST, GrantedAccess(), "aiplatform.customJobs.get")


@pytest.mark.parametrize("project", ["student", FIRST_NUMBER])
def test_a_location_is_named_by_the_projects_number_whichever_was_given(names, project):
    location = names.location(f"projects/{project}/locations/us-central1", context())

    assert location.name == f"projects/{FIRST_NUMBER}/locations/us-central1"
    assert (location.project.id, location.region) == ("student", "us-central1")


@pytest.mark.parametrize("project", ["student", FIRST_NUMBER])
def test_a_resource_has_one_name(names, project):
    name = f"projects/{project}/locations/us-central1/customJobs/7"

    assert names.canonical(name, context()) == f"projects/{FIRST_NUMBER}/locations/us-central1/customJobs/7"
    assert names.location(name, context()).region == "us-central1"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "customJobs/7",
        "projects/student",
        "projects/student/locations/",
        "projects//locations/us-central1",
        "x/projects/student/locations/us-central1",
        "projects/student/locations/us-central1_b",
        "projects/student/locations/us-central1\n",
        "projects/student/locations/US-CENTRAL1/customJobs/7",
    ],
)
def test_a_name_of_another_form_is_refused_with_its_value(names, name):
    for read in (names.location, names.canonical):
        with pytest.raises(ApiError) as refused:
            read(name, context())
        assert refused.value.code is Code.INVALID_ARGUMENT
        assert repr(name) in refused.value.message


def test_another_project_is_denied_by_the_permission_that_the_call_needs(names):
    with pytest.raises(ApiError, match=r"Permission 'aiplatform.customJobs.get' denied on resource") as refused:
        names.location("projects/other/locations/us-central1", context())

    assert refused.value.code is Code.PERMISSION_DENIED
    assert refused.value.metadata == {"permission": "aiplatform.customJobs.get", "resource": "projects/other"}
    assert "//aiplatform.googleapis.com/projects/other" in refused.value.message


def test_the_project_of_a_canonical_name_is_found(names):
    assert names.project(FIRST_NUMBER).id == "student"
