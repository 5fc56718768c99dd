import pytest

from labkit.localcloud.core.constraints import DISABLE_KEY_CREATION, PUBLIC_ACCESS_PREVENTION, RESOURCE_LOCATIONS
from labkit.localcloud.errors import ApiError, Code

ORG_POLICY = "google.cloud.orgpolicy.v2.OrgPolicy"
PARENT = "projects/labkit-student"


@pytest.fixture(autouse=True)
def enabled(setup):
    setup.enable("orgpolicy")


def create(setup, constraint, *rules, caller=None, **spec):
    policy = {"name": f"{PARENT}/policies/{constraint}", "spec": {"rules": list(rules), **spec}}
    request = {"parent": PARENT, "policy": policy}
    return setup.call(f"{ORG_POLICY}/CreatePolicy", request, caller=caller or setup.teacher)


def test_nothing_is_enforced_in_a_new_project(setup):
    listed = setup.call(f"{ORG_POLICY}/ListConstraints", {"parent": PARENT}, caller=setup.teacher)
    names = [constraint.name.rpartition("/")[2] for constraint in listed.constraints]

    assert {DISABLE_KEY_CREATION, PUBLIC_ACCESS_PREVENTION, RESOURCE_LOCATIONS} <= set(names)
    assert not any(setup.parts.constraints.enforces("labkit-student", name) for name in names)
    assert all(setup.parts.constraints.allowed_values("labkit-student", name).allows("mars") for name in names)


def test_a_teacher_enforces_a_constraint_and_takes_it_back(setup):
    policy = create(setup, DISABLE_KEY_CREATION, {"enforce": True})
    assert policy.name == f"projects/{setup.project.number}/policies/{DISABLE_KEY_CREATION}"
    assert setup.parts.constraints.enforces("labkit-student", DISABLE_KEY_CREATION)
    assert not setup.parts.constraints.enforces("labkit-student", PUBLIC_ACCESS_PREVENTION)

    setup.call(f"{ORG_POLICY}/DeletePolicy", {"name": policy.name}, caller=setup.teacher)
    assert not setup.parts.constraints.enforces("labkit-student", DISABLE_KEY_CREATION)


def test_an_owner_without_the_role_sets_none(setup):
    with pytest.raises(ApiError, match=r"orgpolicy.policy.set"):
        create(setup, DISABLE_KEY_CREATION, {"enforce": True}, caller=setup.student)


def test_locations_are_allowed_and_denied(setup):
    create(
        setup, RESOURCE_LOCATIONS, {"values": {"allowedValues": ["in:eu-locations"], "deniedValues": ["europe-west1"]}}
    )
    values = setup.parts.constraints.allowed_values("labkit-student", RESOURCE_LOCATIONS)

    assert [values.allows(place) for place in ("EUROPE-WEST4", "europe-west1", "us-central1")] == [True, False, False]


@pytest.mark.parametrize(("rule", "allows"), [({"allowAll": True}, True), ({"denyAll": True}, False)])
def test_all_values_are_allowed_or_denied(setup, rule, allows):
    create(setup, RESOURCE_LOCATIONS, rule)

    assert setup.parts.constraints.allowed_values("labkit-student", RESOURCE_LOCATIONS).allows("us-central1") is allows


def test_the_effective_policy_is_the_projects_own_or_the_default(setup):
    def effective(constraint):
        name = {"name": f"{PARENT}/policies/{constraint}"}
        return setup.call(f"{ORG_POLICY}/GetEffectivePolicy", name).spec.rules[0]

    assert effective(RESOURCE_LOCATIONS).allow_all
    assert effective(DISABLE_KEY_CREATION).enforce is False
    create(setup, DISABLE_KEY_CREATION, {"enforce": True})
    assert effective(DISABLE_KEY_CREATION).enforce is True


def test_a_policy_is_replaced_under_its_etag(setup):
    old = create(setup, PUBLIC_ACCESS_PREVENTION, {"enforce": True})
    off = {"name": old.name, "spec": {"rules": [{"enforce": False}]}, "etag": old.etag}
    new = setup.call(f"{ORG_POLICY}/UpdatePolicy", {"policy": off}, caller=setup.teacher)

    assert setup.call(f"{ORG_POLICY}/GetPolicy", {"name": old.name}) == new
    assert not setup.parts.constraints.enforces("labkit-student", PUBLIC_ACCESS_PREVENTION)
    for rpc, request in (("UpdatePolicy", {"policy": off}), ("DeletePolicy", {"name": old.name, "etag": old.etag})):
        with pytest.raises(ApiError) as refused:
            setup.call(f"{ORG_POLICY}/{rpc}", request, caller=setup.teacher)
        assert refused.value.code is Code.ABORTED


def test_there_is_one_policy_for_a_constraint(setup):
    create(setup, DISABLE_KEY_CREATION, {"enforce": True})
    with pytest.raises(ApiError) as refused:
        create(setup, DISABLE_KEY_CREATION, {"enforce": True})
    assert refused.value.code is Code.ALREADY_EXISTS
    listed = setup.call(f"{ORG_POLICY}/ListPolicies", {"parent": PARENT}, caller=setup.teacher)
    assert len(listed.policies) == 1


@pytest.mark.parametrize(
    ("constraint", "rules", "spec", "problem"),
    [
        (DISABLE_KEY_CREATION, [], {}, "takes one rule; 0 are given"),
        (DISABLE_KEY_CREATION, [{"enforce": True}] * 2, {}, "takes one rule; 2 are given"),
        (DISABLE_KEY_CREATION, [{"allowAll": True}], {}, "sets enforce, not allow_all"),
        (RESOURCE_LOCATIONS, [{"enforce": True}], {}, "sets values, allow_all or deny_all, not enforce"),
        (RESOURCE_LOCATIONS, [{"allowAll": True}], {"reset": True}, "reset excludes rules"),
        ("compute.vmExternalIpAccess", [{"denyAll": True}], {}, "is not one of this cloud"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(setup, constraint, rules, spec, problem):
    with pytest.raises(ApiError, match=problem):
        create(setup, constraint, *rules, **spec)
