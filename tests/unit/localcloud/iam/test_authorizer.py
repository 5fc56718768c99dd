"""Decisions: one by one, and compared with a model that knows nothing of indexes and caches."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.localcloud.core.access import Resource
from labkit.localcloud.core.identity import ANONYMOUS, Principal
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.members import identities
from labkit.localcloud.iam.policy import Binding, Condition, Policy
from labkit.localcloud.iam.role import Role, Stage

PROJECT = "//cloudresourcemanager.googleapis.com/projects/labkit-student"
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"

STUDENT = Principal("student@example.com")
TRAINER = Principal("trainer@labkit-student.iam.gserviceaccount.com")

OBJECT = Resource(
    "storage.googleapis.com", "projects/_/buckets/b/objects/o", "storage.googleapis.com/Object", "labkit-student"
)


@pytest.fixture
def authorizer(control):
    return control.authorizer


def test_without_a_binding_nothing_is_permitted(authorizer):
    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)


@pytest.mark.parametrize("holder", [PROJECT, BUCKET])
def test_a_binding_on_the_resource_or_above_it_permits(authorizer, policies, holder):
    policies.grant(holder, "roles/storage.objectViewer", STUDENT.member)

    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)
    assert not authorizer.permits(STUDENT, "storage.objects.create", OBJECT)
    assert not authorizer.permits(TRAINER, "storage.objects.get", OBJECT)


def test_a_binding_on_another_bucket_does_not(authorizer, policies):
    policies.grant(f"{BUCKET}2", "roles/storage.objectViewer", STUDENT.member)

    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)


def test_a_revoked_binding_counts_no_longer(authorizer, policies):
    policies.grant(BUCKET, "roles/storage.objectViewer", STUDENT.member)
    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)

    policies.revoke(BUCKET, "roles/storage.objectViewer", STUDENT.member)

    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)


@pytest.mark.parametrize(
    ("member", "permitted"),
    [
        ("allUsers", {STUDENT, TRAINER, ANONYMOUS}),
        ("allAuthenticatedUsers", {STUDENT, TRAINER}),
        ("domain:example.com", {STUDENT}),
        ("group:course@example.com", set()),
        ("deleted:user:student@example.com?uid=1", set()),
    ],
)
def test_members_that_stand_for_many(authorizer, policies, member, permitted):
    policies.grant(BUCKET, "roles/storage.objectViewer", member)

    callers = (STUDENT, TRAINER, ANONYMOUS)
    assert {one for one in callers if authorizer.permits(one, "storage.objects.get", OBJECT)} == permitted


@pytest.mark.parametrize(
    ("convenience", "role"),
    [("projectOwner", "roles/owner"), ("projectEditor", "roles/editor"), ("projectViewer", "roles/viewer")],
)
def test_a_convenience_is_whoever_has_the_basic_role_on_the_project(authorizer, policies, convenience, role):
    policies.grant(BUCKET, "roles/storage.legacyObjectReader", f"{convenience}:labkit-student")
    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)

    policies.grant(PROJECT, role, STUDENT.member)

    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)
    assert not authorizer.permits(TRAINER, "storage.objects.get", OBJECT)


def test_a_condition_is_asked_of_the_resource_and_the_clock(authorizer, policies, clock):
    until = Condition("request.time < timestamp('2026-09-02T00:00:00Z') && resource.name.endsWith('/o')", "a day")
    policies.set(BUCKET, Policy((Binding("roles/storage.objectViewer", (STUDENT.member,), until),)))

    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)
    assert not authorizer.permits(STUDENT, "storage.objects.get", replace(OBJECT, name=f"{OBJECT.name}ther"))
    clock.advance(days=1)
    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)


def test_a_custom_role_grants_until_it_is_disabled_or_deleted(authorizer, policies, control):
    role = Role("projects/labkit-student/roles/reader", frozenset({"storage.objects.get"}))
    known = control.roles.predefined.permission_set
    control.roles.custom.create(role, known)
    policies.grant(BUCKET, role.name, STUDENT.member)
    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)

    control.roles.custom.update(replace(role, stage=Stage.DISABLED), known, b"")
    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)

    control.roles.custom.update(role, known, b"")
    control.roles.custom.delete(role.name, b"")
    assert not authorizer.permits(STUDENT, "storage.objects.get", OBJECT)

    control.roles.custom.undelete(role.name, b"")
    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)


def test_acting_as_an_account_is_granted_on_the_account_itself(authorizer, policies):
    policies.grant(
        f"//iam.googleapis.com/projects/labkit-student/serviceAccounts/{TRAINER.email}",
        "roles/iam.serviceAccountUser",
        STUDENT.member,
    )

    def may_act_as(email):
        resource = authorizer.locate("iam.googleapis.com", f"projects/-/serviceAccounts/{email}")
        return authorizer.permits(STUDENT, "iam.serviceAccounts.actAs", resource)

    assert may_act_as(TRAINER.email)
    assert not may_act_as("other@labkit-student.iam.gserviceaccount.com")


def test_a_refusal_is_in_googles_words_and_names_the_permission(authorizer):
    resource = authorizer.locate("aiplatform.googleapis.com", "projects/labkit-student/locations/l/endpoints/1")

    with pytest.raises(ApiError) as refused:
        authorizer.require(STUDENT, "aiplatform.endpoints.predict", resource)

    assert refused.value.code is Code.PERMISSION_DENIED
    assert refused.value.reason == "IAM_PERMISSION_DENIED"
    assert refused.value.message == (
        "Permission 'aiplatform.endpoints.predict' denied on resource "
        "'//aiplatform.googleapis.com/projects/labkit-student/locations/l/endpoints/1' (or it may not exist)."
    )


def test_an_owner_of_one_project_is_nobody_in_another(authorizer, policies, projects):
    projects.create("other-project")
    policies.grant(PROJECT, "roles/owner", STUDENT.member)

    def may_get(project):
        resource = authorizer.locate("cloudresourcemanager.googleapis.com", f"projects/{project}")
        return authorizer.permits(STUDENT, "resourcemanager.projects.get", resource)

    assert may_get("labkit-student")
    assert not may_get("other-project")
    assert not may_get("no-such-project")


ROLES = ["roles/owner", "roles/editor", "roles/viewer", "roles/storage.admin", "roles/storage.objectViewer"]
PERMISSIONS = ["storage.objects.get", "storage.objects.create", "storage.buckets.list", "storage.buckets.setIamPolicy"]
MEMBERS = [STUDENT.member, TRAINER.member, "allUsers", "allAuthenticatedUsers", "domain:example.com"]
CONVENIENCES = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
CONDITIONS = {Condition("true", "t"): True, Condition("false", "f"): False, None: True}


def policies_naming(members):
    binding = st.builds(
        Binding,
        st.sampled_from(ROLES),
        st.lists(st.sampled_from(members), max_size=3).map(tuple),
        st.sampled_from(list(CONDITIONS)),
    )
    return st.builds(Policy, st.lists(binding, max_size=4).map(tuple))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    policies_naming(MEMBERS),
    policies_naming([*MEMBERS, *(f"{kind}:labkit-student" for kind in CONVENIENCES)]),
    st.sampled_from([STUDENT, TRAINER, ANONYMOUS]),
    st.sampled_from(PERMISSIONS),
)
def test_the_authorizer_decides_as_a_naive_model_does(control, project, bucket, principal, permission):
    control.policies.set(PROJECT, project)
    control.policies.set(BUCKET, bucket)
    own = set(identities(principal))
    basic = {binding.role for binding in project.bindings if own & set(binding.members)}
    own |= {f"{kind}:labkit-student" for kind, role in CONVENIENCES.items() if role in basic}

    expected = any(
        own & set(binding.members)
        and CONDITIONS[binding.condition]
        and permission in control.roles.get(binding.role).permissions
        for binding in (*project.bindings, *bucket.bindings)
    )

    assert control.authorizer.permits(principal, permission, OBJECT) == expected


def test_what_is_closed_to_the_public_is_open_to_those_who_are_named(authorizer, policies):
    closed = replace(OBJECT, closed_to_public=True)
    for member in ("allUsers", "allAuthenticatedUsers"):
        policies.grant(BUCKET, "roles/storage.objectViewer", member)
    assert authorizer.permits(STUDENT, "storage.objects.get", OBJECT)
    assert not authorizer.permits(STUDENT, "storage.objects.get", closed)

    policies.grant(BUCKET, "roles/storage.objectViewer", STUDENT.member)

    assert authorizer.permits(STUDENT, "storage.objects.get", closed)
    assert not authorizer.permits(ANONYMOUS, "storage.objects.get", closed)


def test_a_caller_is_one_of_those_who_are_named_or_described(authorizer, policies):
    policies.grant(PROJECT, "roles/viewer", STUDENT.member)

    assert authorizer.is_any_of(STUDENT, {STUDENT.member})
    assert authorizer.is_any_of(STUDENT, {"projectViewer:labkit-student"})
    assert authorizer.is_any_of(ANONYMOUS, {"allUsers"})
    assert not authorizer.is_any_of(STUDENT, {"projectOwner:labkit-student", TRAINER.member})
    assert not authorizer.is_any_of(ANONYMOUS, {"allAuthenticatedUsers", "group:everybody@example.com"})
