import json

import pytest
from google.api_core import exceptions
from google.cloud import resourcemanager_v3
from google.iam.v1 import policy_pb2


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


def test_an_rpc_that_is_not_written_says_so_by_name(local_cloud, transport):
    with (
        resourcemanager_v3.TagKeysClient(transport=transport) as client,
        pytest.raises((exceptions.MethodNotImplemented, exceptions.ServerError)) as refused,
    ):
        client.get_tag_key(name="tagKeys/1")

    assert "google.cloud.resourcemanager.v3.TagKeys.GetTagKey is not implemented" in str(refused.value)
    assert refused.value.reason == "LOCAL_CLOUD_UNIMPLEMENTED"


def test_a_project_is_created_changed_shut_down_and_restored(client_of, new_project):
    projects = client_of(resourcemanager_v3.ProjectsClient)
    made = new_project(display_name="A new lab", labels={"course": "ml"})
    assert projects.get_project(name=f"projects/{made.project_id}") == made

    made.labels["lab"] = "02"
    changed = projects.update_project(project=made, update_mask={"paths": ["labels"]}).result(timeout=10)
    assert dict(changed.labels) == {"course": "ml", "lab": "02"}

    projects.delete_project(name=made.name).result(timeout=10)
    assert projects.get_project(name=made.name).state == resourcemanager_v3.Project.State.DELETE_REQUESTED
    restored = projects.undelete_project(name=made.name).result(timeout=10)
    assert restored.state == resourcemanager_v3.Project.State.ACTIVE
    with pytest.raises(exceptions.Conflict):
        projects.create_project(project={"project_id": made.project_id})


def test_a_search_finds_the_callers_own_projects(client_of, new_project):
    made = new_project(labels={"purpose": "found-by-search"})
    projects = client_of(resourcemanager_v3.ProjectsClient)
    strangers = client_of(resourcemanager_v3.ProjectsClient, "stranger@example.com")

    query = f"labels.purpose:found-by-search id:{made.project_id}"
    assert made.project_id in [project.project_id for project in projects.search_projects(query=query)]
    assert list(strangers.search_projects()) == []


def test_a_granted_role_counts_and_a_stale_policy_is_aborted(client_of, new_project):
    made = new_project()
    owners = client_of(resourcemanager_v3.ProjectsClient)
    friends = client_of(resourcemanager_v3.ProjectsClient, "friend@example.com")
    with pytest.raises(exceptions.Forbidden):
        friends.get_project(name=made.name)

    policy = owners.get_iam_policy(resource=made.name)
    stale = policy_pb2.Policy(etag=policy.etag, bindings=policy.bindings)
    policy.bindings.add(role="roles/viewer", members=["user:friend@example.com"])
    owners.set_iam_policy(request={"resource": made.name, "policy": policy})
    assert friends.get_project(name=made.name).project_id == made.project_id
    with pytest.raises(exceptions.Conflict):
        owners.set_iam_policy(request={"resource": made.name, "policy": stale})
    allowed = friends.test_iam_permissions(
        resource=made.name, permissions=["resourcemanager.projects.get", "resourcemanager.projects.delete"]
    )
    assert list(allowed.permissions) == ["resourcemanager.projects.get"]


def test_a_personal_account_has_no_organization(client_of):
    assert list(client_of(resourcemanager_v3.OrganizationsClient).search_organizations()) == []
    assert list(client_of(resourcemanager_v3.FoldersClient).search_folders()) == []


def test_gcloud_takes_a_project_through_its_life(gcloud_of, cloud):
    name = "lab-of-gcloud"
    gcloud_of("projects", "create", name, "--labels=course=ml")
    shown = json.loads(gcloud_of("projects", "describe", name, "--format=json"))
    assert (shown["projectId"], shown["lifecycleState"], shown["labels"]) == (name, "ACTIVE", {"course": "ml"})
    assert gcloud_of("projects", "list", "--format=value(projectId)", f"--filter=id:{name}").split() == [name]
    gcloud_of("projects", "update", name, "--name=Another name")
    assert gcloud_of("projects", "get-ancestors", name, "--format=value(id)").split() == [name]

    gcloud_of("projects", "delete", name)
    assert name not in gcloud_of("projects", "list", "--format=value(projectId)")
    assert "has been deleted" in gcloud_of("services", "list", f"--project={name}", fails=True)
    gcloud_of("projects", "undelete", name)
    assert gcloud_of("projects", "describe", name, "--format=value(name)").strip() == "Another name"
    assert "already in use" in gcloud_of("projects", "create", name, fails=True)


def test_gcloud_grants_and_revokes_a_role(gcloud_of, cloud):
    binding = ["--member=user:friend@example.com", "--role=roles/viewer", "--condition=None"]
    gcloud_of("projects", "add-iam-policy-binding", cloud.project, *binding)
    assert "friend@example.com" in gcloud_of("projects", "get-iam-policy", cloud.project)
    gcloud_of("projects", "remove-iam-policy-binding", cloud.project, *binding)
    assert "friend@example.com" not in gcloud_of("projects", "get-iam-policy", cloud.project)
