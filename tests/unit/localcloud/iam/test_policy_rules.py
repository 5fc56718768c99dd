"""What a policy may say, and the words that refuse the rest."""

import pytest

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.policy import Binding, Condition, Policy
from labkit.localcloud.iam.role import Role

ACCOUNT = "trainer@labkit-student.iam.gserviceaccount.com"
NOBODY = Policy()
MORNINGS = Condition("request.time.getHours() < 12", "mornings")


@pytest.fixture
def check(control, accounts):
    """Asks whether a binding may be added to the policy of a resource."""
    accounts.add(ACCOUNT, "1")

    def run(binding, *, on="project", previous=NOBODY, version=1):
        service, name = {
            "project": ("cloudresourcemanager.googleapis.com", "projects/labkit-student"),
            "account": ("iam.googleapis.com", f"projects/-/serviceAccounts/{ACCOUNT}"),
            "bucket": ("storage.googleapis.com", "projects/_/buckets/b"),
            "run": ("run.googleapis.com", "projects/labkit-student/locations/l/services/s"),
        }[on]
        resource = control.hierarchy.locate(service, name)
        policy = Policy((*previous.bindings, binding), version=version)
        return control.rules.checked(policy, previous, resource)

    return run


def refusal(check, *given, **options):
    with pytest.raises(ApiError) as refused:
        check(*given, **options)
    assert refused.value.code is Code.INVALID_ARGUMENT
    return refused.value.message


@pytest.mark.parametrize(
    ("on", "role", "member"),
    [
        ("project", "roles/viewer", "user:a@example.com"),
        ("project", "roles/aiplatform.user", f"serviceAccount:{ACCOUNT}"),
        ("project", "roles/owner", f"serviceAccount:{ACCOUNT}"),
        ("project", "roles/billing.projectManager", "user:a@example.com"),
        (
            "project",
            "roles/aiplatform.serviceAgent",
            "serviceAccount:service-1@gcp-sa-aiplatform.iam.gserviceaccount.com",
        ),
        ("account", "roles/iam.serviceAccountUser", "user:a@example.com"),
        ("account", "roles/iam.serviceAccountTokenCreator", "domain:example.com"),
        ("bucket", "roles/storage.objectViewer", "allUsers"),
        ("bucket", "roles/storage.legacyBucketReader", "projectViewer:labkit-student"),
        ("run", "roles/run.invoker", "allUsers"),
    ],
)
def test_what_google_grants_is_granted(check, on, role, member):
    assert check(Binding(role, (member,)), on=on).bindings == (Binding(role, (member,)),)


@pytest.mark.parametrize(
    ("on", "role"),
    [
        ("project", "roles/storage.objectKing"),
        ("project", "roles/storage.legacyObjectReader"),
        ("project", "roles/resourcemanager.projectCreator"),
        ("project", "roles/billing.user"),
        ("bucket", "roles/viewer"),
        ("bucket", "roles/aiplatform.user"),
        ("account", "roles/storage.objectViewer"),
        ("run", "roles/storage.objectViewer"),
    ],
)
def test_a_role_that_says_nothing_of_the_resource_is_not_supported(check, on, role):
    message = refusal(check, Binding(role, ("user:a@example.com",)), on=on)

    assert message == f"Role {role} is not supported for this resource."


@pytest.mark.parametrize("role", ["viewer", "roles/", "roles/a b", "projects/p/viewer", "roles/x/y"])
def test_a_role_has_to_be_named_as_one(check, role):
    assert 'must be in the form "roles/{role}"' in refusal(check, Binding(role, ("user:a@example.com",)))


def test_a_custom_role_is_granted_in_its_own_project_only(check, control):
    own = Role("projects/labkit-student/roles/reader", frozenset({"storage.objects.get"}))
    control.roles.custom.create(own, control.roles.predefined.permission_set)

    assert check(Binding(own.name, ("user:a@example.com",)), on="project").bindings[0].role == own.name
    for name in ("projects/labkit-student/roles/missing", "projects/other/roles/reader"):
        message = refusal(check, Binding(name, ("user:a@example.com",)))
        assert message == f"Role ({name}) does not exist in the resource's hierarchy."


def test_a_service_account_has_to_exist(check):
    message = refusal(check, Binding("roles/viewer", ("serviceAccount:gone@p.iam.gserviceaccount.com",)))

    assert message == "Service account gone@p.iam.gserviceaccount.com does not exist."


def test_a_member_that_is_already_there_may_stay_though_it_is_gone(check):
    gone = "deleted:serviceAccount:gone@p.iam.gserviceaccount.com?uid=1"
    also_gone = "serviceAccount:gone@p.iam.gserviceaccount.com"
    previous = Policy((Binding("roles/viewer", (gone, also_gone)),))

    checked = check(Binding("roles/viewer", ("user:a@example.com",)), previous=previous)

    assert checked.bindings == (Binding("roles/viewer", (gone, also_gone, "user:a@example.com")),)


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers"])
def test_a_project_is_never_public(check, member):
    assert "Project does not support" in refusal(check, Binding("roles/viewer", (member,)))


def test_the_conveniences_are_cloud_storages_own(check):
    message = refusal(check, Binding("roles/run.invoker", ("projectOwner:labkit-student",)), on="run")

    assert "is of an unknown type" in message


def test_an_address_is_kept_in_lower_case(check):
    assert check(Binding("roles/viewer", ("user:A@Example.com",))).bindings[0].members == ("user:a@example.com",)


def test_a_condition_is_kept_with_version_3(check):
    checked = check(Binding("roles/aiplatform.user", ("user:a@example.com",), MORNINGS), version=3)

    assert checked.bindings[0].condition == MORNINGS


@pytest.mark.parametrize(
    ("on", "binding", "version", "words"),
    [
        ("project", Binding("roles/aiplatform.user", ("user:a@example.com",), MORNINGS), 1, "need policy version 3"),
        ("project", Binding("roles/viewer", ("user:a@example.com",)), 2, "Invalid policy version 2"),
        ("project", Binding("roles/editor", ("user:a@example.com",), MORNINGS), 3, "basic role roles/editor"),
        ("run", Binding("roles/run.invoker", ("allUsers",), MORNINGS), 3, "can't be used with allUsers"),
        ("project", Binding("roles/run.viewer", ("user:a@x.org",), Condition("1 +", "t")), 3, "compilation failed"),
    ],
)
def test_a_condition_has_to_fit(check, on, binding, version, words):
    assert words in refusal(check, binding, on=on, version=version)


def test_a_policy_has_at_most_1500_members(check):
    many = tuple(f"user:u{number}@example.com" for number in range(1501))

    assert "at most 1500 members" in refusal(check, Binding("roles/viewer", many))


def test_a_person_becomes_owner_by_invitation_only(check):
    assert "SOLO_MUST_INVITE_OWNERS" in refusal(check, Binding("roles/owner", ("user:a@example.com",)))


def test_a_project_keeps_an_owner_who_is_a_person(check, control):
    previous = Policy((Binding("roles/owner", (f"serviceAccount:{ACCOUNT}", "user:student@example.com")),))
    resource = control.hierarchy.locate("cloudresourcemanager.googleapis.com", "projects/labkit-student")
    without = previous.revoking("roles/owner", "user:student@example.com")

    with pytest.raises(ApiError, match="SOLO_REQUIRE_TOS_ACCEPTOR"):
        control.rules.checked(without, previous, resource)
    assert control.rules.checked(previous, previous, resource) == previous
