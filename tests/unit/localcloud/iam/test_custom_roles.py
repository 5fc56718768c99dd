from dataclasses import replace

import pytest

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.custom_roles import CustomRoles
from labkit.localcloud.iam.role import Role, Stage

KNOWN = frozenset({"storage.objects.get", "storage.objects.list", "resourcemanager.projects.list"})
READER = Role("projects/p/roles/reader", frozenset({"storage.objects.get"}), "Reader", "reads", Stage.BETA)


@pytest.fixture
def custom(store, clock):
    return CustomRoles(store, clock)


def code_of(call, *given):
    with pytest.raises(ApiError) as refused:
        call(*given)
    return refused.value.code


def test_a_role_is_read_back_as_it_was_made(custom):
    made = custom.create(READER, KNOWN)

    assert made == replace(READER, etag=made.etag)
    assert custom.get(READER.name) == made
    assert custom.of("projects/p") == [made]
    assert custom.of("projects/q") == []


@pytest.mark.parametrize("permission", ["storage.objects.eat", "storage.*", "resourcemanager.projects.list", ""])
def test_a_permission_that_no_custom_role_may_have_is_not_valid(custom, permission):
    with pytest.raises(ApiError, match="is not valid") as refused:
        custom.create(replace(READER, permissions=frozenset({permission})), KNOWN)

    assert refused.value.message == f"Permission {permission} is not valid."


@pytest.mark.parametrize("role_id", ["a", "x" * 65, "two words", "dash-ed"])
def test_a_role_id_has_to_be_well_formed(custom, role_id):
    role = replace(READER, name=f"projects/p/roles/{role_id}")

    assert code_of(custom.create, role, KNOWN) is Code.INVALID_ARGUMENT


def test_a_long_title_is_refused(custom):
    assert code_of(custom.create, replace(READER, title="x" * 101), KNOWN) is Code.INVALID_ARGUMENT


def test_an_id_is_taken_once(custom):
    custom.create(READER, KNOWN)

    with pytest.raises(ApiError, match="A role named reader in projects/p already exists"):
        custom.create(READER, KNOWN)


def test_an_update_replaces_the_role_and_its_etag(custom):
    made = custom.create(READER, KNOWN)
    changed = replace(READER, permissions=frozenset({"storage.objects.list"}), stage=Stage.GA)

    updated = custom.update(changed, KNOWN, made.etag)

    assert custom.get(READER.name) == updated
    assert updated.permissions == {"storage.objects.list"}
    assert code_of(custom.update, changed, KNOWN, made.etag) is Code.ABORTED


def test_what_is_not_there_is_not_found(custom):
    assert code_of(custom.get, READER.name) is Code.NOT_FOUND
    assert code_of(custom.update, READER, KNOWN, b"") is Code.NOT_FOUND
    assert code_of(custom.delete, READER.name, b"") is Code.NOT_FOUND
    assert code_of(custom.undelete, READER.name, b"") is Code.NOT_FOUND


def test_a_deleted_role_stays_to_be_seen_and_can_be_had_back_for_a_week(custom, clock):
    custom.create(READER, KNOWN)

    assert custom.delete(READER.name, b"").deleted
    clock.advance(days=7)

    assert not custom.undelete(READER.name, b"").deleted
    assert custom.get(READER.name).permissions == READER.permissions


def test_after_a_week_it_cannot_and_its_id_is_free_30_days_later(custom, clock):
    custom.create(READER, KNOWN)
    custom.delete(READER.name, b"")
    clock.advance(days=8)

    assert code_of(custom.undelete, READER.name, b"") is Code.FAILED_PRECONDITION
    with pytest.raises(ApiError, match=r"You can't create a role_id \(reader\) which has been marked for deletion."):
        custom.create(READER, KNOWN)

    clock.advance(days=30)
    assert custom.find(READER.name) is None
    assert not custom.create(READER, KNOWN).deleted


def test_a_deleted_role_is_neither_updated_nor_deleted_again(custom):
    custom.create(READER, KNOWN)
    custom.delete(READER.name, b"")

    assert code_of(custom.update, READER, KNOWN, b"") is Code.FAILED_PRECONDITION
    assert code_of(custom.delete, READER.name, b"") is Code.FAILED_PRECONDITION


def test_a_role_that_is_not_deleted_is_not_undeleted(custom):
    custom.create(READER, KNOWN)

    assert code_of(custom.undelete, READER.name, b"") is Code.FAILED_PRECONDITION
