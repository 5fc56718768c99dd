import pytest

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam.explanation import nearest_roles, why
from labkit.localcloud.iam.policy import Binding, Condition, Policy

BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
STUDENT = Principal("student@example.com")
OBJECT = Resource(
    "storage.googleapis.com", "projects/_/buckets/b/objects/o", "storage.googleapis.com/Object", "labkit-student"
)


@pytest.fixture
def explain(control):
    return lambda permission: why(STUDENT, permission, OBJECT, authorizer=control.authorizer, roles=control.roles)


def test_a_permission_is_explained_by_the_bindings_that_give_it(explain, policies):
    policies.grant(BUCKET, "roles/storage.objectViewer", STUDENT.member)
    policies.grant(BUCKET, "roles/storage.objectUser", "allAuthenticatedUsers")

    explanation = explain("storage.objects.get")

    assert explanation.allowed
    assert {(grant.resource, grant.member, grant.binding.role) for grant in explanation.granted_by} == {
        (BUCKET, STUDENT.member, "roles/storage.objectViewer"),
        (BUCKET, "allAuthenticatedUsers", "roles/storage.objectUser"),
    }


def test_a_condition_that_does_not_hold_is_shown_as_unmet(explain, policies):
    over = Condition("request.time < timestamp('2026-01-01T00:00:00Z')", "until new year")
    policies.set(BUCKET, Policy((Binding("roles/storage.objectViewer", (STUDENT.member,), over),)))

    explanation = explain("storage.objects.get")

    assert not explanation.allowed
    assert [grant.binding.condition for grant in explanation.unmet] == [over]


@pytest.mark.parametrize(
    ("permission", "service", "name", "role"),
    [
        ("storage.objects.get", "storage.googleapis.com", "projects/_/buckets/b", "roles/storage.objectViewer"),
        ("storage.objects.create", "storage.googleapis.com", "projects/_/buckets/b", "roles/storage.objectCreator"),
        (
            "iam.serviceAccounts.actAs",
            "iam.googleapis.com",
            "projects/-/serviceAccounts/a",
            "roles/iam.serviceAccountUser",
        ),
        ("logging.logEntries.create", "cloudresourcemanager.googleapis.com", "projects/p", "roles/logging.logWriter"),
        ("aiplatform.customJobs.create", "cloudresourcemanager.googleapis.com", "projects/p", "roles/aiplatform.user"),
        ("compute.instances.osLogin", "cloudresourcemanager.googleapis.com", "projects/p", "roles/compute.osLogin"),
    ],
)
def test_the_nearest_role_is_the_smallest_that_can_be_granted_there(control, permission, service, name, role):
    nearest = nearest_roles(permission, Resource(service, name), control.roles)

    assert nearest[0].name == role
    assert all(permission in one.permissions for one in nearest)


def test_a_permission_that_nobody_has_has_no_role(control):
    assert nearest_roles("storage.objects.eat", OBJECT, control.roles) == ()
