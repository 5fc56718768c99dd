import pytest
from google.api_core import exceptions
from google.cloud import orgpolicy_v2, service_usage_v1
from google.oauth2.credentials import Credentials

KEYS = "iam.disableServiceAccountKeyCreation"
TEACHER = "teacher@example.com"


@pytest.fixture
def parent(cloud, token_of):
    with service_usage_v1.ServiceUsageClient(credentials=Credentials(token_of(TEACHER))) as usage:
        request = {"name": f"projects/{cloud.project}/services/orgpolicy.googleapis.com"}
        usage.enable_service(request=request).result(timeout=10)
    return f"projects/{cloud.project}"


@pytest.fixture
def teachers(client_of):
    return client_of(orgpolicy_v2.OrgPolicyClient, TEACHER)


def test_a_teacher_enforces_a_constraint_and_takes_it_back(teachers, parent):
    assert list(teachers.list_policies(parent=parent)) == []
    policy = {"name": f"{parent}/policies/{KEYS}", "spec": {"rules": [{"enforce": True}]}}
    made = teachers.create_policy(parent=parent, policy=policy)
    try:
        assert teachers.get_policy(name=made.name) == made
        assert teachers.get_effective_policy(name=made.name).spec.rules[0].enforce
    finally:
        teachers.delete_policy(name=made.name)
    assert not teachers.get_effective_policy(name=made.name).spec.rules[0].enforce


def test_constraints_are_listed(teachers, parent):
    names = {constraint.name.rpartition("/")[2] for constraint in teachers.list_constraints(parent=parent)}

    assert {KEYS, "storage.publicAccessPrevention", "gcp.resourceLocations"} <= names


def test_an_owner_without_the_role_sets_none(client_of, parent):
    policy = {"name": f"{parent}/policies/{KEYS}", "spec": {"rules": [{"enforce": True}]}}
    with pytest.raises(exceptions.Forbidden) as refused:
        client_of(orgpolicy_v2.OrgPolicyClient).create_policy(parent=parent, policy=policy)

    assert refused.value.metadata["permission"] == "orgpolicy.policy.set"


def test_gcloud_sets_and_deletes_a_policy(gcloud_of, parent, cloud, tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(f"name: {parent}/policies/storage.publicAccessPrevention\nspec:\n  rules:\n  - enforce: true\n")
    on = f"--project={cloud.project}"
    gcloud_of("org-policies", "set-policy", str(file), email=TEACHER)
    assert "enforce: true" in gcloud_of("org-policies", "describe", "storage.publicAccessPrevention", on, email=TEACHER)
    gcloud_of("org-policies", "delete", "storage.publicAccessPrevention", on, email=TEACHER)
