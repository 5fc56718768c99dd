"""Allow policies through Google's clients, as the project's owner."""

import json
import uuid

import pytest
from google.api_core import exceptions
from google.cloud import iam_admin_v1, resourcemanager_v3
from google.iam.v1 import iam_policy_pb2, options_pb2, policy_pb2
from google.type import expr_pb2

READER = "roles/storage.objectViewer"
USER = "roles/iam.serviceAccountUser"


@pytest.fixture
def projects(transport, student):
    with resourcemanager_v3.ProjectsClient(transport=transport, credentials=student) as client:
        yield client


@pytest.fixture(scope="module")
def iam(student):
    with iam_admin_v1.IAMClient(credentials=student) as client:
        yield client


@pytest.fixture(scope="module")
def account(cloud, iam):
    """A service account with no role at all."""
    made = iam.create_service_account(name=f"projects/{cloud.project}", account_id=f"policy-{uuid.uuid4().hex[:8]}")
    yield made
    iam.delete_service_account(name=made.name)


def read(client, resource, version=3):
    options = options_pb2.GetPolicyOptions(requested_policy_version=version)
    return client.get_iam_policy(request=iam_policy_pb2.GetIamPolicyRequest(resource=resource, options=options))


def write(client, resource, policy):
    return client.set_iam_policy(request=iam_policy_pb2.SetIamPolicyRequest(resource=resource, policy=policy))


@pytest.fixture
def resource(cloud, projects):
    """The project's name; what a test does to its policy is undone."""
    name = f"projects/{cloud.project}"
    before = read(projects, name)
    yield name
    before.etag = b""
    write(projects, name, before)


def with_binding(policy, role, member, condition=None):
    changed = policy_pb2.Policy()
    changed.CopyFrom(policy)
    changed.bindings.append(policy_pb2.Binding(role=role, members=[member], condition=condition))
    if condition:
        changed.version = 3
    return changed


def test_a_binding_that_was_added_is_read_back(projects, resource, account):
    member = f"serviceAccount:{account.email}"

    kept = write(projects, resource, with_binding(read(projects, resource), READER, member))

    assert any(binding.role == READER and member in binding.members for binding in kept.bindings)
    assert read(projects, resource) == kept


def test_of_two_writers_the_second_is_told_to_read_again(projects, resource, account):
    first = read(projects, resource)
    second = with_binding(first, READER, f"serviceAccount:{account.email}")
    write(projects, resource, second)

    with pytest.raises(exceptions.Conflict, match="There were concurrent policy changes") as refused:
        write(projects, resource, second)

    assert refused.value.code == 409


@pytest.mark.parametrize(
    ("role", "member", "words"),
    [
        ("roles/storage.objectKing", "user:a@example.com", "is not supported for this resource"),
        ("roles/storage.legacyObjectReader", "user:a@example.com", "is not supported for this resource"),
        (READER, "person:a@example.com", "unknown type"),
        (READER, "serviceAccount:nobody-here@labkit-student.iam.gserviceaccount.com", "does not exist"),
    ],
)
def test_what_google_does_not_keep_is_refused(projects, resource, role, member, words):
    with pytest.raises(exceptions.BadRequest, match=words):
        write(projects, resource, with_binding(read(projects, resource), role, member))


def test_a_condition_comes_back_to_those_who_ask_for_version_3(projects, resource, account):
    condition = expr_pb2.Expr(title="this year", expression="request.time < timestamp('2100-01-01T00:00:00Z')")
    changed = with_binding(read(projects, resource), READER, f"serviceAccount:{account.email}", condition)

    write(projects, resource, changed)

    shown = [binding.condition for binding in read(projects, resource).bindings if binding.HasField("condition")]
    hidden = [binding for binding in read(projects, resource, version=1).bindings if "_withcond_" in binding.role]
    assert shown == [condition]
    assert len(hidden) == 1


def test_a_condition_that_does_not_compile_is_refused(projects, resource, account):
    condition = expr_pb2.Expr(title="bad", expression="resource.owner == 'me'")
    changed = with_binding(read(projects, resource), READER, f"serviceAccount:{account.email}", condition)

    with pytest.raises(exceptions.BadRequest):
        write(projects, resource, changed)


def test_an_owner_has_what_owners_have(projects, resource):
    asked = ["resourcemanager.projects.setIamPolicy", "iam.serviceAccounts.getAccessToken", "storage.objects.get"]

    reply = projects.test_iam_permissions(resource=resource, permissions=asked)

    assert list(reply.permissions) == ["resourcemanager.projects.setIamPolicy"]


def test_a_permission_that_is_none_cannot_be_tested(projects, resource):
    with pytest.raises(exceptions.BadRequest):
        projects.test_iam_permissions(resource=resource, permissions=["storage.objects.*"])


def test_a_service_account_has_a_policy_of_its_own(iam, account):
    member = "user:student@example.com"

    kept = write(iam, account.name, with_binding(read(iam, account.name), USER, member))

    by_unique_id = f"projects/-/serviceAccounts/{account.unique_id}"
    assert read(iam, by_unique_id) == kept
    assert [(binding.role, list(binding.members)) for binding in kept.bindings] == [(USER, [member])]


def test_a_deleted_account_stays_in_policies_as_deleted(cloud, iam, projects, resource):
    made = iam.create_service_account(name=f"projects/{cloud.project}", account_id=f"gone-{uuid.uuid4().hex[:8]}")
    write(projects, resource, with_binding(read(projects, resource), READER, f"serviceAccount:{made.email}"))

    iam.delete_service_account(name=made.name)

    members = {member for binding in read(projects, resource).bindings for member in binding.members}
    assert f"deleted:serviceAccount:{made.email}?uid={made.unique_id}" in members
    assert f"serviceAccount:{made.email}" not in members


def test_gcloud_adds_and_removes_a_binding(local_cloud, gcloud_of, account):
    def change(verb):
        member = f"--member=serviceAccount:{account.email}"
        command = ["projects", f"{verb}-iam-policy-binding", local_cloud.project, member]
        told = gcloud_of(*command, "--role=roles/logging.logWriter", "--condition=None", "--format=json")
        return [binding["role"] for binding in json.loads(told)["bindings"]]

    assert "roles/logging.logWriter" in change("add")
    assert "roles/logging.logWriter" not in change("remove")
