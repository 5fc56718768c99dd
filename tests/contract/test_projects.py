import pytest
from google.api_core import exceptions
from google.cloud import resourcemanager_v3


@pytest.fixture(params=["rest", "grpc"])
def projects(cloud, request):
    with resourcemanager_v3.ProjectsClient(transport=request.param) as client:
        yield client


def test_the_students_project_is_there_by_id_and_by_number(cloud, projects):
    project = projects.get_project(name=f"projects/{cloud.project}")

    assert project.project_id == cloud.project
    assert project.state == resourcemanager_v3.Project.State.ACTIVE
    assert projects.get_project(name=project.name) == project


def test_a_project_of_somebody_else_is_refused_with_the_permission_it_takes(projects):
    with pytest.raises(exceptions.Forbidden) as refused:
        projects.get_project(name="projects/somebody-elses-project")

    assert refused.value.reason == "IAM_PERMISSION_DENIED"
    assert refused.value.metadata["permission"] == "resourcemanager.projects.get"
    assert "projects/somebody-elses-project" in refused.value.message


def test_an_rpc_that_is_not_written_says_so_by_name(local_cloud, projects):
    with pytest.raises((exceptions.MethodNotImplemented, exceptions.ServerError)) as refused:
        projects.delete_project(name=f"projects/{local_cloud.project}")

    assert "google.cloud.resourcemanager.v3.Projects.DeleteProject is not implemented" in str(refused.value)
    assert refused.value.reason == "LOCAL_CLOUD_UNIMPLEMENTED"
