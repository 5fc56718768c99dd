import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.hierarchy import project_policy_name

PROJECTS = "google.cloud.resourcemanager.v3.Projects"
NAME = "projects/labkit-student"
FRIEND = Principal("friend@example.com")


def created(setup, project_id, caller=FRIEND, **fields):
    done = setup.call(f"{PROJECTS}/CreateProject", {"project": {"projectId": project_id, **fields}}, caller=caller)
    return result(setup, done)


def result(setup, operation):
    assert operation.done
    project = setup.registry.package("google.cloud.resourcemanager.v3").Project()
    operation.response.Unpack(project)
    return project


def members(setup, project, role):
    policy = setup.policies.get(project_policy_name(project))
    return [member for binding in policy.bindings if binding.role == role for member in binding.members]


def test_a_new_cloud_has_the_students_project_with_its_owners_and_editors(setup):
    number = setup.project.number

    assert members(setup, "labkit-student", "roles/owner") == ["user:student@example.com", "user:teacher@example.com"]
    assert members(setup, "labkit-student", "roles/editor") == [
        f"serviceAccount:{number}-compute@developer.gserviceaccount.com",
        f"serviceAccount:{number}@cloudservices.gserviceaccount.com",
    ]


def test_another_project_of_the_same_cloud_opens_no_further_accounts(setup):
    setup.parts.new_projects.create_students("second-lab")

    assert len(setup.parts.accounts.all()) == 2
    assert setup.parts.accounts.projects_of(setup.trial.name) == ["labkit-student", "second-lab"]


def test_whoever_creates_a_project_owns_it_and_nobody_pays_for_it(setup):
    project = created(setup, "friends-lab", displayName="A lab", labels={"course": "ml"})

    assert (project.project_id, project.display_name, dict(project.labels)) == (
        "friends-lab",
        "A lab",
        {"course": "ml"},
    )
    assert members(setup, "friends-lab", "roles/owner") == [FRIEND.member]
    assert setup.parts.accounts.of_project("friends-lab") is None
    assert setup.call(f"{PROJECTS}/GetProject", {"name": project.name}, caller=FRIEND) == project
    with pytest.raises(ApiError, match=r"resourcemanager.projects.get"):
        setup.call(f"{PROJECTS}/GetProject", {"name": project.name}, caller=setup.student)


@pytest.mark.parametrize(
    ("fields", "issue"),
    [
        ({"projectId": "short"}, "at least 6 characters"),
        ({"projectId": "x" * 31}, "at most 30 characters"),
        ({"projectId": "Upper-case"}, "invalid characters"),
        ({"projectId": "1-starts-with-a-digit"}, "invalid characters"),
        ({"projectId": "ends-with-a-hyphen-"}, "invalid characters"),
        ({"projectId": "my-google-lab"}, "restricted string"),
        ({"projectId": "good-name", "displayName": "abc"}, "display_name must have 4 to 30"),
        ({"projectId": "good-name", "labels": {"Course": "ml"}}, "label key 'Course'"),
        ({"projectId": "good-name", "labels": {"course": "Machine Learning"}}, "label value"),
        ({"projectId": "good-name", "labels": {f"l{n}": "" for n in range(65)}}, "no more than 64"),
    ],
)
def test_a_project_that_cannot_be_is_refused_with_its_issue(setup, fields, issue):
    with pytest.raises(ApiError, match=issue) as refused:
        created(setup, fields.pop("projectId"), **fields)

    assert refused.value.code is Code.INVALID_ARGUMENT


def test_an_id_that_is_taken_a_parent_and_a_service_account_are_refused(setup):
    with pytest.raises(ApiError) as taken:
        created(setup, "labkit-student")
    with pytest.raises(ApiError, match=r"resourcemanager.projects.create") as nowhere:
        created(setup, "good-name", parent="folders/1")
    with pytest.raises(ApiError, match=r"Service accounts cannot create projects without a parent"):
        created(setup, "good-name", caller=Principal(setup.project.default_service_account))

    assert (taken.value.code, nowhere.value.code) == (Code.ALREADY_EXISTS, Code.PERMISSION_DENIED)
    assert setup.projects.find("good-name") is None


def test_a_search_finds_what_the_caller_may_get(setup):
    created(setup, "friends-lab", labels={"course": "ml"})

    def found(caller, query=""):
        reply = setup.call(f"{PROJECTS}/SearchProjects", {"query": query}, caller=caller)
        return [project.project_id for project in reply.projects]

    assert found(FRIEND) == ["friends-lab"]
    assert found(setup.student) == ["labkit-student"]
    assert found(FRIEND, "labels.course:ml") == ["friends-lab"]
    assert found(FRIEND, "labels.course:dl") == []


def test_an_update_changes_what_is_named_and_no_more(setup):
    def update(mask="", **fields):
        request = {"project": {"name": NAME, **fields}, **({"updateMask": mask} if mask else {})}
        return result(setup, setup.call(f"{PROJECTS}/UpdateProject", request))

    first = update(displayName="New name", labels={"a": "b"})
    assert (first.display_name, dict(first.labels)) == ("New name", {"a": "b"})
    assert update(mask="labels").labels == {}
    assert update(mask="displayName", displayName="Again", etag="").display_name == "Again"
    with pytest.raises(ApiError) as stale:
        update(displayName="Too late", etag=first.etag)
    with pytest.raises(ApiError, match=r"\['parent'\]"):
        update(mask="parent", parent="folders/1")
    assert stale.value.code is Code.ABORTED


def test_a_project_is_shut_down_and_restored(setup):
    for _ in range(2):  # The second does nothing.
        deleted = result(setup, setup.call(f"{PROJECTS}/DeleteProject", {"name": NAME}))
    assert deleted.state == 2
    assert deleted.HasField("delete_time")
    with pytest.raises(ApiError, match=r"DELETE_REQUESTED; restore it"):
        setup.call(f"{PROJECTS}/UpdateProject", {"project": {"name": NAME, "displayName": "New name"}})

    restored = result(setup, setup.call(f"{PROJECTS}/UndeleteProject", {"name": NAME}))
    assert (restored.state, restored.HasField("delete_time")) == (1, False)
    with pytest.raises(ApiError, match=r"is ACTIVE"):
        setup.call(f"{PROJECTS}/UndeleteProject", {"name": NAME})


def test_an_editor_neither_deletes_a_project_nor_sets_its_policy(setup):
    editor = Principal(setup.project.default_service_account)
    for rpc, request in (("DeleteProject", {"name": NAME}), ("SetIamPolicy", {"resource": NAME})):
        with pytest.raises(ApiError) as refused:
            setup.call(f"{PROJECTS}/{rpc}", request, caller=editor)
        assert refused.value.code is Code.PERMISSION_DENIED


def test_a_grant_counts_at_once(setup):
    policy = {"bindings": [{"role": "roles/viewer", "members": [FRIEND.member]}]}
    kept = setup.call(f"{PROJECTS}/GetIamPolicy", {"resource": NAME})
    policy["bindings"] += [{"role": each.role, "members": list(each.members)} for each in kept.bindings]
    setup.call(f"{PROJECTS}/SetIamPolicy", {"resource": NAME, "policy": policy})

    asked = {"resource": NAME, "permissions": ["resourcemanager.projects.get", "resourcemanager.projects.delete"]}
    allowed = setup.call(f"{PROJECTS}/TestIamPermissions", asked, caller=FRIEND)
    assert list(allowed.permissions) == ["resourcemanager.projects.get"]


def test_a_personal_account_has_no_organization_and_no_folder(setup):
    package = "google.cloud.resourcemanager.v3"
    assert len(setup.call(f"{package}.Organizations/SearchOrganizations").organizations) == 0
    assert len(setup.call(f"{package}.Folders/SearchFolders").folders) == 0
    for rpc, request in (
        ("Organizations/GetOrganization", {"name": "organizations/1"}),
        ("Folders/GetFolder", {"name": "folders/1"}),
        ("Folders/ListFolders", {"parent": "organizations/1"}),
        ("Projects/ListProjects", {"parent": "organizations/1"}),
    ):
        with pytest.raises(ApiError) as refused:
            setup.call(f"{package}.{rpc}", request)
        assert refused.value.code is Code.PERMISSION_DENIED
    with pytest.raises(ApiError, match=r"projects.create.*organizations/1"):
        setup.call(f"{PROJECTS}/MoveProject", {"name": NAME, "destinationParent": "organizations/1"})
