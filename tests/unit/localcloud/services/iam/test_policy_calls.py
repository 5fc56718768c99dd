"""GetIamPolicy, SetIamPolicy and TestIamPermissions, on a service account."""

import pytest

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code

EMAIL = "trainer@labkit-student.iam.gserviceaccount.com"
RESOURCE = f"projects/-/serviceAccounts/{EMAIL}"
STUDENT = Principal("student@example.com")
USER = "roles/iam.serviceAccountUser"


@pytest.fixture(autouse=True)
def account(iam):
    iam.accounts.add(EMAIL, "117")


def policy(iam, *members, condition=None, **fields):
    message = iam.types.Policy(**fields)
    binding = message.bindings.add(role=USER, members=members)
    if condition:
        binding.condition.expression = condition
        binding.condition.title = "t"
    return message


def code_of(call, *given, **fields):
    with pytest.raises(ApiError) as refused:
        call(*given, **fields)
    return refused.value.code


def test_a_policy_is_kept_under_every_name_of_the_resource(iam):
    kept = iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam, STUDENT.member))

    for name in (RESOURCE, f"projects/labkit-student/serviceAccounts/{EMAIL}", "projects/-/serviceAccounts/117"):
        assert iam.call("GetIamPolicy", resource=name) == kept
    assert list(kept.bindings[0].members) == [STUDENT.member]
    assert kept.version == 1
    assert kept.etag


def test_reading_and_writing_need_their_permissions(iam):
    assert code_of(iam.call, "GetIamPolicy", STUDENT, resource=RESOURCE) is Code.PERMISSION_DENIED
    assert code_of(iam.call, "SetIamPolicy", STUDENT, resource=RESOURCE) is Code.PERMISSION_DENIED

    iam.policies.grant(
        f"//iam.googleapis.com/projects/labkit-student/serviceAccounts/{EMAIL}",
        "roles/iam.serviceAccountViewer",
        STUDENT.member,
    )

    iam.call("GetIamPolicy", STUDENT, resource=RESOURCE)
    assert code_of(iam.call, "SetIamPolicy", STUDENT, resource=RESOURCE) is Code.PERMISSION_DENIED


def test_an_account_that_is_not_there_has_no_policy(iam):
    nobody = "projects/-/serviceAccounts/nobody@labkit-student.iam.gserviceaccount.com"

    assert code_of(iam.call, "GetIamPolicy", resource=nobody) is Code.NOT_FOUND
    assert code_of(iam.call, "SetIamPolicy", resource=nobody, policy=policy(iam, STUDENT.member)) is Code.NOT_FOUND


def test_a_stale_etag_is_aborted(iam):
    read = iam.call("GetIamPolicy", resource=RESOURCE)
    iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam, STUDENT.member, etag=read.etag))

    assert code_of(iam.call, "SetIamPolicy", resource=RESOURCE, policy=policy(iam, etag=read.etag)) is Code.ABORTED


def test_conditions_are_shown_to_those_who_ask_for_version_3(iam):
    conditional = policy(iam, STUDENT.member, condition="request.time.getHours() < 12", version=3)
    iam.call("SetIamPolicy", resource=RESOURCE, policy=conditional)

    whole = iam.call("GetIamPolicy", resource=RESOURCE, options={"requested_policy_version": 3})
    plain = iam.call("GetIamPolicy", resource=RESOURCE)

    assert (whole.version, whole.bindings[0].condition.expression) == (3, "request.time.getHours() < 12")
    assert (plain.version, plain.bindings[0].HasField("condition")) == (1, False)
    assert plain.bindings[0].role.startswith(f"{USER}_withcond_")


def test_a_policy_as_it_was_shown_to_an_old_client_cannot_be_set_and_lose_the_condition(iam):
    conditional = policy(iam, STUDENT.member, condition="request.time.getHours() < 12", version=3)
    iam.call("SetIamPolicy", resource=RESOURCE, policy=conditional)
    plain = iam.call("GetIamPolicy", resource=RESOURCE)

    with pytest.raises(ApiError, match="is not supported for this resource"):
        iam.call("SetIamPolicy", resource=RESOURCE, policy=plain)


def test_a_version_that_is_none_is_refused(iam):
    assert code_of(iam.call, "GetIamPolicy", resource=RESOURCE, options={"requested_policy_version": 2}) is (
        Code.INVALID_ARGUMENT
    )


def test_audit_configs_change_only_with_a_mask_that_names_them(iam):
    config = [{"service": "allServices", "audit_log_configs": [{"log_type": 1, "exempted_members": [STUDENT.member]}]}]
    given = policy(iam, STUDENT.member, audit_configs=config)

    first = iam.call("SetIamPolicy", resource=RESOURCE, policy=given)
    second = iam.call("SetIamPolicy", resource=RESOURCE, policy=given, update_mask={"paths": ["audit_configs", "etag"]})
    third = iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam))

    assert not first.audit_configs
    assert second.audit_configs == given.audit_configs
    assert third.audit_configs == given.audit_configs
    assert not third.bindings


def test_a_mask_that_leaves_out_the_bindings_leaves_them(iam):
    iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam, STUDENT.member))

    kept = iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam), update_mask={"paths": ["audit_configs"]})

    assert list(kept.bindings[0].members) == [STUDENT.member]


def test_a_mask_that_names_what_a_policy_has_not_is_refused(iam):
    assert code_of(iam.call, "SetIamPolicy", resource=RESOURCE, update_mask={"paths": ["owner"]}) is (
        Code.INVALID_ARGUMENT
    )


def test_testing_answers_with_what_the_caller_holds(iam):
    iam.call("SetIamPolicy", resource=RESOURCE, policy=policy(iam, STUDENT.member))
    asked = ["iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken", "container.clusters.get"]

    reply = iam.call("TestIamPermissions", STUDENT, resource=RESOURCE, permissions=asked)

    assert list(reply.permissions) == ["iam.serviceAccounts.actAs"]


@pytest.mark.parametrize("permission", ["iam.serviceAccounts.*", "iam.serviceAccounts.eat", "actAs", "", "a b.c.d"])
def test_what_is_no_permission_is_not_tested(iam, permission):
    assert code_of(iam.call, "TestIamPermissions", resource=RESOURCE, permissions=[permission]) is (
        Code.INVALID_ARGUMENT
    )
