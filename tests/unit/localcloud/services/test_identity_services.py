"""Service accounts, keys and impersonation behind a dispatcher that asks IAM first."""

import asyncio
import json
from types import SimpleNamespace

import jwt
import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.constraints import DISABLE_KEY_CREATION
from labkit.localcloud.core.dispatch import Dispatcher
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.access_control import AccessControl
from labkit.localcloud.iam.identity import Identity
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.identity_services import IdentityServices
from tests.fakes import EnabledServices, FakeClock, OneCaller

OWNER = Principal("owner@example.com")
STUDENT = Principal("student@example.com")
PROJECT = "projects/labkit-student"
CREATOR = "roles/iam.serviceAccountTokenCreator"
SCOPE = ["https://www.googleapis.com/auth/cloud-platform"]

HOSTS = {"google.iam.admin.v1.IAM": "iam.googleapis.com"}
IAM = "google.iam.admin.v1.IAM"
CREDENTIALS = "google.iam.credentials.v1.IAMCredentials"


class FakeConstraints:
    def __init__(self):
        self.enforced = set()

    def enforces(self, project, constraint):
        return constraint in self.enforced


@pytest.fixture(scope="module")
def registry():
    return Registry()


@pytest.fixture
def iam(tmp_path, registry):
    """`call(service, "SignBlob", caller, name=…)`, and what is behind it."""
    clock, ids = FakeClock(), Ids()
    store = Store(tmp_path / "cloud.db")
    projects = Projects(store, clock, ids, default="labkit-student")
    projects.create("labkit-student")
    policies = Policies(store, clock)
    identity = Identity.over(tmp_path, store=store, policies=policies, clock=clock, ids=ids)
    control = AccessControl.over(policies, identity.accounts, store=store, projects=projects, clock=clock)
    policies.grant(f"//cloudresourcemanager.googleapis.com/{PROJECT}", "roles/owner", OWNER.member)
    constraints, state = FakeConstraints(), EnabledServices()
    services = IdentityServices(registry, identity, control, constraints, state, clock)

    def call(service, rpc, caller, **fields):
        host = HOSTS.get(service, "iamcredentials.googleapis.com")
        dispatcher = Dispatcher(OneCaller(caller), control.authorizer, state, services.services)
        method = registry.method(f"/{service}/{rpc}", host)
        request = type(method.request())(**fields)
        return asyncio.run(dispatcher.call(method, request, authorization="", host=host)).message

    def grant(account, role, principal):
        policies.grant(f"//iam.googleapis.com/{account.name}", role, principal.member)

    yield SimpleNamespace(
        call=call, grant=grant, accounts=identity.accounts, identity=identity, constraints=constraints, clock=clock
    )
    store.close()


@pytest.fixture
def trainer(iam):
    return iam.accounts.create("labkit-student", "trainer")


def refused(call, *arguments, **fields):
    with pytest.raises(ApiError) as error:
        call(*arguments, **fields)
    return error.value


def test_an_organization_that_forbids_keys_is_named_in_the_refusal(iam, trainer):
    iam.constraints.enforced.add(DISABLE_KEY_CREATION)
    error = refused(iam.call, IAM, "CreateServiceAccountKey", OWNER, name=trainer.name)

    assert (error.code, error.message) == (
        Code.FAILED_PRECONDITION,
        "Key creation is not allowed on this service account.",
    )
    (violation,) = error.details[0]["violations"]
    assert violation["type"] == "constraints/iam.disableServiceAccountKeyCreation"
    assert violation["subject"] == f"{trainer.name}?configvalue={trainer.email}"
    assert iam.accounts.keys.of(trainer.unique_id) == []


def test_googles_own_keys_are_listed_and_not_a_users_to_change(iam, trainer):
    (listed,) = iam.call(IAM, "ListServiceAccountKeys", OWNER, name=trainer.name).keys

    for rpc in ("DeleteServiceAccountKey", "DisableServiceAccountKey"):
        assert refused(iam.call, IAM, rpc, OWNER, name=listed.name).code is Code.FAILED_PRECONDITION


def test_an_account_is_undeleted_by_its_number(iam, trainer):
    iam.call(IAM, "DeleteServiceAccount", OWNER, name=trainer.name)
    name = f"projects/-/serviceAccounts/{trainer.unique_id}"
    reply = iam.call(IAM, "UndeleteServiceAccount", OWNER, name=name)

    assert reply.restored_account.email == trainer.email
    assert iam.accounts.exists(trainer.email)


@pytest.mark.parametrize("paths", [[], ["email"], ["display_name", "disabled"]])
def test_only_its_texts_can_be_patched(iam, registry, trainer, paths):
    mask = registry.message("google.protobuf.FieldMask")(paths=paths)
    account = registry.message("google.iam.admin.v1.ServiceAccount")(name=trainer.name, display_name="x")
    error = refused(iam.call, IAM, "PatchServiceAccount", OWNER, service_account=account, update_mask=mask)

    assert error.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("rpc", "fields"),
    [
        ("GenerateAccessToken", {"scope": SCOPE}),
        ("GenerateIdToken", {"audience": "https://x.run.app"}),
        ("SignBlob", {"payload": b"x"}),
        ("SignJwt", {"payload": "{}"}),
    ],
)
def test_an_owner_of_the_project_may_not_impersonate_until_they_are_given_the_role(iam, trainer, rpc, fields):
    assert refused(iam.call, CREDENTIALS, rpc, OWNER, name=trainer.name, **fields).code is Code.PERMISSION_DENIED

    iam.grant(trainer, CREATOR, OWNER)
    iam.call(CREDENTIALS, rpc, OWNER, name=trainer.name, **fields)


def test_a_signature_is_verified_by_the_accounts_published_keys(iam, trainer):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    iam.grant(trainer, CREATOR, STUDENT)
    reply = iam.call(CREDENTIALS, "SignBlob", STUDENT, name=trainer.name, payload=b"to sign")
    (key,) = iam.accounts.verification_keys(trainer.email)

    key.verify(reply.signed_blob, b"to sign", padding.PKCS1v15(), hashes.SHA256())
    assert iam.accounts.keys.find(trainer.unique_id, reply.key_id) is not None


def test_a_signed_jwt_says_what_it_was_given_and_is_a_bearer_token(iam, trainer):
    iam.grant(trainer, CREATOR, STUDENT)
    now = int(iam.clock.now().timestamp())
    claims = {"iss": trainer.email, "sub": trainer.email, "iat": now, "exp": now + 600}
    payload = json.dumps({**claims, "aud": "https://storage.googleapis.com/"})
    reply = iam.call(CREDENTIALS, "SignJwt", STUDENT, name=trainer.name, payload=payload)

    bearer = iam.identity.bearers.authenticate(f"Bearer {reply.signed_jwt}", "storage.googleapis.com")
    assert bearer == trainer.principal
    assert jwt.get_unverified_header(reply.signed_jwt)["kid"] == reply.key_id


@pytest.mark.parametrize("payload", ["", "x", "[]", '{"exp": "soon"}', '{"exp": 4000000000}'])
def test_what_no_jwt_could_say_is_not_signed(iam, trainer, payload):
    iam.grant(trainer, CREATOR, STUDENT)
    error = refused(iam.call, CREDENTIALS, "SignJwt", STUDENT, name=trainer.name, payload=payload)

    assert error.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_a_token_lasts_an_hour_at_most(iam, registry, trainer, seconds):
    iam.grant(trainer, CREATOR, STUDENT)
    lifetime = registry.message("google.protobuf.Duration")(seconds=seconds)
    fields = {"name": trainer.name, "scope": SCOPE, "lifetime": lifetime}

    assert refused(iam.call, CREDENTIALS, "GenerateAccessToken", STUDENT, **fields).code is Code.INVALID_ARGUMENT


def test_a_token_without_scopes_is_none(iam, trainer):
    iam.grant(trainer, CREATOR, STUDENT)

    assert "cope" in refused(iam.call, CREDENTIALS, "GenerateAccessToken", STUDENT, name=trainer.name).message


def test_a_chain_of_delegates_holds_where_each_link_does(iam, trainer):
    middle = iam.accounts.create("labkit-student", "middle")
    fields = {"name": trainer.name, "scope": SCOPE, "delegates": [middle.name]}
    denied = refused(iam.call, CREDENTIALS, "GenerateAccessToken", STUDENT, **fields)
    assert denied.metadata["permission"] == "iam.serviceAccounts.implicitDelegation"

    iam.grant(middle, CREATOR, STUDENT)
    denied = refused(iam.call, CREDENTIALS, "GenerateAccessToken", STUDENT, **fields)
    assert denied.metadata["permission"] == "iam.serviceAccounts.getAccessToken"

    iam.grant(trainer, CREATOR, middle.principal)
    reply = iam.call(CREDENTIALS, "GenerateAccessToken", STUDENT, **fields)
    assert iam.identity.bearers.credential(reply.access_token).principal == trainer.principal


def test_a_disabled_account_cannot_be_impersonated(iam, trainer):
    iam.grant(trainer, CREATOR, STUDENT)
    iam.call(IAM, "DisableServiceAccount", OWNER, name=trainer.name)
    error = refused(iam.call, CREDENTIALS, "GenerateAccessToken", STUDENT, name=trainer.name, scope=SCOPE)

    assert (error.code, "is disabled" in error.message) == (Code.FAILED_PRECONDITION, True)


def test_a_key_file_is_what_google_auth_reads(iam, trainer):
    reply = iam.call(IAM, "CreateServiceAccountKey", OWNER, name=trainer.name)
    content = json.loads(reply.private_key_data)

    assert (content["client_email"], content["client_id"]) == (trainer.email, trainer.unique_id)
    assert reply.name == f"{trainer.name}/keys/{content['private_key_id']}"
    kept = iam.accounts.keys.find(trainer.unique_id, content["private_key_id"])
    own = key_material.load_private(content["private_key"]).public_key()
    assert own == key_material.public_key(kept.certificate)
