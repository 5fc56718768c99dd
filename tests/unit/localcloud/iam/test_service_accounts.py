from dataclasses import replace

import pytest

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.service_accounts import ServiceAccounts

PROJECT = "labkit-student"
EMAIL = f"trainer@{PROJECT}.iam.gserviceaccount.com"
POLICY = "//cloudresourcemanager.googleapis.com/projects/labkit-student"


@pytest.fixture
def accounts(store, clock, policies):
    return ServiceAccounts(store, clock, Ids(), policies)


@pytest.fixture
def trainer(accounts):
    return accounts.create(PROJECT, "trainer", display_name="Trains")


def code(call, *arguments, **options):
    with pytest.raises(ApiError) as refused:
        call(*arguments, **options)
    return refused.value.code


def test_an_account_is_found_by_its_address_and_by_its_number(accounts, trainer):
    assert trainer.email == EMAIL
    assert len(trainer.unique_id) == 21
    assert trainer.unique_id.isdigit()
    assert accounts.find(EMAIL) == accounts.find(trainer.unique_id) == trainer
    assert accounts.get(f"projects/-/serviceAccounts/{EMAIL}") == trainer
    assert accounts.of_project(PROJECT) == [trainer]
    assert (accounts.exists(EMAIL), accounts.email_of(trainer.unique_id)) == (True, EMAIL)


def test_what_is_not_there_is_not_found(accounts):
    assert accounts.find(EMAIL) is None
    assert (accounts.exists(EMAIL), accounts.email_of("1")) == (False, "")
    assert code(accounts.get, f"projects/-/serviceAccounts/{EMAIL}") is Code.NOT_FOUND


def test_an_address_is_taken_once(accounts, trainer):
    assert code(accounts.create, PROJECT, "trainer") is Code.ALREADY_EXISTS


@pytest.mark.parametrize("account_id", ["", "short", "x" * 31, "Trainer", "1trainer", "trainer-", "trai_ner"])
def test_an_id_follows_googles_rules(accounts, account_id):
    assert code(accounts.create, PROJECT, account_id) is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("texts", [{"display_name": "x" * 101}, {"description": "x" * 257}])
def test_texts_have_googles_limits(accounts, texts):
    assert code(accounts.create, PROJECT, "trainer", **texts) is Code.INVALID_ARGUMENT


def test_a_project_has_a_hundred_accounts_at_most(accounts):
    for number in range(100):
        accounts.create(PROJECT, f"account-{number}")

    assert code(accounts.create, PROJECT, "one-too-many") is Code.RESOURCE_EXHAUSTED
    accounts.create("another-project", "not-too-many")


def test_the_default_account_is_made_once_and_stays_deleted(accounts):
    project = Project(PROJECT, "42")
    accounts.create_default(project)
    accounts.create_default(project)
    (default,) = accounts.of_project(PROJECT)
    assert default.email == "42-compute@developer.gserviceaccount.com"

    accounts.delete(default)
    accounts.create_default(project)
    assert accounts.of_project(PROJECT) == []


def test_an_update_gives_a_new_etag_and_refuses_an_old_one(accounts, trainer):
    changed = accounts.update(replace(trainer, display_name="Trains models"), trainer.etag)

    assert accounts.find(EMAIL) == changed
    assert changed.etag != trainer.etag
    assert code(accounts.update, trainer, trainer.etag) is Code.ABORTED


def test_a_deleted_account_keeps_its_roles_under_the_name_of_a_deleted_one(accounts, trainer, policies):
    policies.grant(POLICY, "roles/viewer", f"serviceAccount:{EMAIL}")
    accounts.delete(trainer)
    members = [member for binding in policies.get(POLICY).bindings for member in binding.members]
    assert members == [f"deleted:serviceAccount:{EMAIL}?uid={trainer.unique_id}"]

    restored = accounts.undelete(trainer.unique_id)
    members = [member for binding in policies.get(POLICY).bindings for member in binding.members]
    assert members == [f"serviceAccount:{EMAIL}"]
    assert restored == accounts.find(EMAIL)


def test_an_account_comes_back_within_thirty_days(accounts, trainer, clock):
    accounts.delete(trainer)
    clock.advance(days=30)

    assert code(accounts.undelete, trainer.unique_id) is Code.NOT_FOUND


def test_an_account_does_not_come_back_where_another_has_its_address(accounts, trainer):
    accounts.delete(trainer)
    accounts.create(PROJECT, "trainer")

    assert code(accounts.undelete, trainer.unique_id) is Code.ALREADY_EXISTS


def test_an_account_that_was_not_deleted_cannot_be_undeleted(accounts, trainer):
    assert code(accounts.undelete, trainer.unique_id) is Code.NOT_FOUND


def test_a_new_account_does_not_get_the_policy_of_an_earlier_one(accounts, trainer, policies):
    own = f"//iam.googleapis.com/{trainer.name}"
    policies.grant(own, "roles/iam.serviceAccountUser", "user:student@example.com")
    accounts.delete(trainer)
    accounts.create(PROJECT, "trainer")

    assert policies.get(own).bindings == ()


def test_only_an_account_that_may_sign_has_keys_to_verify_by(accounts, trainer, loop):
    assert list(accounts.verification_keys(EMAIL)) == []
    loop.run_until_complete(accounts.keys.create(trainer.unique_id, 2048))
    loop.run_until_complete(accounts.keys.system_key(trainer.unique_id))
    assert len(accounts.verification_keys(EMAIL)) == 2

    accounts.update(replace(trainer, disabled=True))
    assert list(accounts.verification_keys(EMAIL)) == []
    assert list(accounts.verification_keys("nobody@example.com")) == []
