"""Rewrites over locations and storage classes, which take several calls."""

import pytest

MIB = 1024 * 1024
URL = "/storage/v1/b/lab-data/o/big/rewriteTo/b/lab-far/o/big"


@pytest.fixture
def far(gcs):
    """Another bucket, in another location; an object of 2.5 MiB to go there."""
    gcs.bucket("lab-far", location="europe-west4", storageClass="NEARLINE")
    gcs.upload("big", b"x" * (2 * MIB + MIB // 2), headers={"content-type": "text/csv"})
    return gcs


def rewrite(gcs, url=URL, json=None, **parameters):
    return gcs("POST", url, params=parameters, json=json or {})


def test_a_rewrite_over_locations_goes_on_with_its_token(far):
    first = rewrite(far, maxBytesRewrittenPerCall=MIB).json()
    assert (first["done"], first["totalBytesRewritten"], first["objectSize"]) == (False, str(MIB), str(5 * MIB // 2))
    assert "resource" not in first
    assert far.download("big", bucket="lab-far").status_code == 404
    second = rewrite(far, maxBytesRewrittenPerCall=MIB, rewriteToken=first["rewriteToken"]).json()
    third = rewrite(far, maxBytesRewrittenPerCall=MIB, rewriteToken=second["rewriteToken"]).json()

    assert (third["done"], third["totalBytesRewritten"]) == (True, str(5 * MIB // 2))
    assert "rewriteToken" not in third
    assert third["resource"]["storageClass"] == "NEARLINE"
    assert third["resource"]["contentType"] == "text/csv"
    assert len(far.download("big", bucket="lab-far").content) == 5 * MIB // 2


def test_a_token_outlives_the_server(far, crash):
    token = rewrite(far, maxBytesRewrittenPerCall=2 * MIB).json()["rewriteToken"]
    after = crash()

    assert rewrite(after, maxBytesRewrittenPerCall=2 * MIB, rewriteToken=token).json()["done"] is True


def test_a_token_goes_with_its_own_rewrite_only(far):
    token = rewrite(far, maxBytesRewrittenPerCall=MIB).json()["rewriteToken"]

    for changed in (
        rewrite(far, maxBytesRewrittenPerCall=2 * MIB, rewriteToken=token),
        rewrite(far, maxBytesRewrittenPerCall=MIB, rewriteToken="nonsense"),
        rewrite(far, maxBytesRewrittenPerCall=MIB, rewriteToken=token, json={"metadata": {"k": "v"}}),
    ):
        assert changed.status_code == 400
        assert "rewriteToken" in changed.json()["error"]["message"]


def test_a_rewrite_stays_with_the_generation_it_began_with(far):
    token = rewrite(far, maxBytesRewrittenPerCall=MIB).json()["rewriteToken"]
    far.upload("big", b"another")

    assert rewrite(far, maxBytesRewrittenPerCall=MIB, rewriteToken=token).status_code == 404


@pytest.mark.parametrize("limit", [1, MIB - 1, MIB + 1, 0])
def test_a_limit_is_a_multiple_of_a_mebibyte(far, limit):
    assert rewrite(far, maxBytesRewrittenPerCall=limit).status_code == 400


def test_within_a_location_and_class_the_limit_does_not_count(far):
    url = "/storage/v1/b/lab-data/o/big/rewriteTo/b/lab-data/o/copy"

    assert rewrite(far, url, maxBytesRewrittenPerCall=MIB).json()["done"] is True


def test_a_change_of_class_counts_as_a_distance(far):
    url = "/storage/v1/b/lab-data/o/big/rewriteTo/b/lab-data/o/big"
    reply = rewrite(far, url, json={"storageClass": "ARCHIVE"}, maxBytesRewrittenPerCall=MIB)

    assert reply.json()["done"] is False


def test_metadata_of_a_copy_replaces_that_of_its_source(far):
    reply = rewrite(far, json={"metadata": {"k": "v"}}).json()["resource"]

    assert reply["metadata"] == {"k": "v"}
    assert "contentType" not in reply
