import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import policy_json
from labkit.localcloud.iam.policy import AuditConfig, AuditLogConfig, Binding, Condition, Policy
from labkit.localcloud.services.iam.policy_messages import PolicyMessages

NOON = Condition("request.time.getHours() < 12", "mornings")

texts = st.text(max_size=12)
conditions = st.builds(Condition, st.text(min_size=1, max_size=12), texts, texts, texts)
bindings = st.builds(
    Binding,
    st.sampled_from(["roles/viewer", "roles/storage.admin", "projects/p/roles/own"]),
    st.lists(st.sampled_from(["user:a@x.org", "user:b@x.org", "allUsers"]), max_size=3).map(tuple),
    st.none() | conditions,
)
audits = st.builds(
    AuditConfig,
    texts,
    st.lists(
        st.builds(
            AuditLogConfig, st.sampled_from(["ADMIN_READ", "DATA_WRITE", "DATA_READ"]), st.lists(texts).map(tuple)
        )
    ).map(tuple),
)
policies = st.builds(
    Policy,
    st.lists(bindings, max_size=4).map(tuple),
    st.binary(max_size=8),
    st.sampled_from([0, 1, 3]),
    st.lists(audits, max_size=2).map(tuple),
)


@given(policies)
def test_a_policy_comes_back_from_json(policy):
    assert policy_json.from_json(policy_json.to_json(policy)) == policy


@pytest.fixture(scope="module")
def messages():
    return PolicyMessages(Registry())


@given(policy=policies)
def test_a_policy_comes_back_from_its_message(messages, policy):
    assert messages.to_policy(messages.to_message(policy)) == policy


@given(policies)
def test_normalising_changes_no_grant_and_is_done_once(policy):
    def grants(policy):
        return {(binding.role, member, binding.condition) for binding in policy.bindings for member in binding.members}

    normal = policy.normalised()

    assert grants(normal) == grants(policy)
    assert normal.normalised() == normal
    assert len({(binding.role, binding.condition) for binding in normal.bindings}) == len(normal.bindings)


def test_bindings_without_members_are_dropped_and_equal_ones_joined():
    policy = Policy((Binding("roles/b", ("x",)), Binding("roles/a", ()), Binding("roles/b", ("w", "x"))))

    assert policy.normalised().bindings == (Binding("roles/b", ("w", "x")),)


def test_a_policy_is_of_version_3_when_it_has_a_condition():
    assert Policy((Binding("roles/a", ("x",), NOON),)).normalised().version == 3
    assert Policy((Binding("roles/a", ("x",)),), version=3).normalised().version == 1


def test_granting_joins_the_binding_without_a_condition():
    policy = Policy((Binding("roles/a", ("x",), NOON),)).granting("roles/a", "y").granting("roles/a", "z")

    assert set(policy.bindings) == {Binding("roles/a", ("x",), NOON), Binding("roles/a", ("y", "z"))}


def test_revoking_takes_a_member_out_of_every_binding_of_the_role():
    policy = Policy((Binding("roles/a", ("x",), NOON), Binding("roles/a", ("x", "y")), Binding("roles/b", ("x",))))

    assert policy.revoking("roles/a", "x").bindings == (Binding("roles/a", ("y",)), Binding("roles/b", ("x",)))


def test_a_client_that_knows_no_conditions_sees_roles_it_cannot_mistake():
    policy = Policy((Binding("roles/a", ("x",), NOON), Binding("roles/b", ("x",)))).normalised()

    seen = policy.at_version(1)

    assert seen.version == 1
    assert seen.bindings[0].condition is None
    assert seen.bindings[0].role.startswith("roles/a_withcond_")
    assert seen.bindings[1] == Binding("roles/b", ("x",))
    assert policy.at_version(3) == policy


@pytest.mark.parametrize(
    "value",
    [
        {"bindings": "roles/viewer"},
        {"bindings": [{"members": ["user:a@x.org"]}]},
        {"bindings": [{"role": 7}]},
        {"bindings": [{"role": "roles/a", "members": "user:a@x.org"}]},
        {"bindings": [{"role": "roles/a", "members": [], "condition": "noon"}]},
        {"etag": "no base64!"},
        {"version": "three"},
        {"auditConfigs": [{}]},
    ],
)
def test_json_that_is_no_policy_is_refused(value):
    with pytest.raises(ApiError) as refused:
        policy_json.from_json(value)

    assert refused.value.code is Code.INVALID_ARGUMENT
