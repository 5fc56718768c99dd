import base64
from dataclasses import replace

import pytest

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.policy import Binding, Policy

BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
POLICY = Policy((Binding("roles/storage.objectViewer", ("user:a@example.com",)),))


def test_a_resource_whose_policy_nobody_set_has_an_empty_one(policies):
    assert policies.get(BUCKET).bindings == ()
    assert base64.b64encode(policies.get(BUCKET).etag) == b"ACAB"


def test_a_policy_that_was_set_is_read_back_with_its_etag(policies):
    kept = policies.set(BUCKET, POLICY)

    assert policies.get(BUCKET) == kept
    assert kept.bindings == POLICY.bindings
    assert base64.b64encode(kept.etag).startswith(b"Bw")


def test_a_stale_etag_is_aborted_and_changes_nothing(policies):
    first = policies.set(BUCKET, POLICY)
    second = policies.set(BUCKET, replace(POLICY, etag=first.etag))

    with pytest.raises(ApiError) as refused:
        policies.set(BUCKET, Policy(etag=first.etag))

    assert refused.value.code is Code.ABORTED
    assert "There were concurrent policy changes." in refused.value.message
    assert policies.get(BUCKET) == second


def test_the_etag_of_an_unset_policy_is_compared_too(policies):
    unset = policies.get(BUCKET).etag
    policies.set(BUCKET, replace(POLICY, etag=unset))

    with pytest.raises(ApiError, match="concurrent"):
        policies.set(BUCKET, replace(POLICY, etag=unset))


def test_without_an_etag_the_last_writer_wins(policies):
    policies.set(BUCKET, POLICY)

    assert policies.set(BUCKET, Policy()).bindings == ()


def test_etags_differ_though_the_clock_stands_still_or_goes_back(policies, clock):
    etags = [policies.set(BUCKET, POLICY).etag for _ in range(3)]
    clock.advance(days=-1)
    etags.append(policies.set(BUCKET, POLICY).etag)

    assert len(set(etags)) == 4


def test_granting_and_revoking_change_one_member(policies):
    policies.grant(BUCKET, "roles/storage.objectViewer", "user:a@example.com")
    policies.grant(BUCKET, "roles/storage.objectViewer", "user:b@example.com")
    policies.revoke(BUCKET, "roles/storage.objectViewer", "user:a@example.com")

    assert policies.get(BUCKET).bindings == (Binding("roles/storage.objectViewer", ("user:b@example.com",)),)


def test_a_renamed_member_is_renamed_in_every_policy(policies):
    policies.set(BUCKET, POLICY)
    policies.set(f"{BUCKET}2", POLICY)
    untouched = policies.set(f"{BUCKET}3", Policy((Binding("roles/storage.admin", ("user:c@example.com",)),)))

    policies.rename_member("user:a@example.com", "user:z@example.com")

    assert policies.get(BUCKET).bindings[0].members == ("user:z@example.com",)
    assert policies.get(f"{BUCKET}2").bindings[0].members == ("user:z@example.com",)
    assert policies.get(f"{BUCKET}3") == untouched


def test_deleting_takes_what_lies_below_and_not_what_only_begins_alike(policies):
    for name in (BUCKET, f"{BUCKET}/managedFolders/f", f"{BUCKET}2"):
        policies.set(name, POLICY)

    policies.delete(BUCKET)

    assert policies.get(BUCKET).bindings == ()
    assert policies.get(f"{BUCKET}/managedFolders/f").bindings == ()
    assert policies.get(f"{BUCKET}2").bindings == POLICY.bindings


def test_a_change_that_is_rolled_back_is_not_seen(policies, store):
    def fail_after_setting():
        with store.transaction():
            policies.set(BUCKET, POLICY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_setting()

    assert policies.get(BUCKET).bindings == ()
