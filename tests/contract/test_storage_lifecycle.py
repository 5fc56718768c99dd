"""Lifecycle rules through Google's own clients; what they do as time goes by is in the unit tests, by a clock."""

import json
import secrets
from datetime import date

import pytest
from google.api_core import exceptions


@pytest.fixture
def bucket(cloud):
    bucket = cloud.storage().create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="us-central1")
    yield bucket
    bucket.delete(force=True)


@pytest.mark.operation("buckets")
def test_rules_of_every_kind_come_back(bucket):
    bucket.add_lifecycle_delete_rule(age=30, is_live=False, number_of_newer_versions=3)
    bucket.add_lifecycle_set_storage_class_rule(
        "COLDLINE", matches_storage_class=["STANDARD"], created_before=date(2026, 1, 1)
    )
    bucket.add_lifecycle_delete_rule(days_since_custom_time=5, matches_prefix=["tmp/"], matches_suffix=[".log"])
    bucket.add_lifecycle_abort_incomplete_multipart_upload_rule(age=2)
    bucket.patch()
    bucket.reload()

    assert [dict(rule) for rule in bucket.lifecycle_rules] == [
        {"action": {"type": "Delete"}, "condition": {"age": 30, "isLive": False, "numNewerVersions": 3}},
        {
            "action": {"type": "SetStorageClass", "storageClass": "COLDLINE"},
            "condition": {"createdBefore": "2026-01-01", "matchesStorageClass": ["STANDARD"]},
        },
        {
            "action": {"type": "Delete"},
            "condition": {"daysSinceCustomTime": 5, "matchesPrefix": ["tmp/"], "matchesSuffix": [".log"]},
        },
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 2}},
    ]
    bucket.clear_lifecycle_rules()
    bucket.patch()
    bucket.reload()
    assert list(bucket.lifecycle_rules) == []


def test_a_rule_that_is_none_is_refused(bucket):
    bucket.lifecycle_rules = [{"action": {"type": "Delete"}, "condition": {}}]
    with pytest.raises(exceptions.BadRequest, match="must have a condition"):
        bucket.patch()


@pytest.mark.operation("buckets", client="gcloud storage")
def test_gcloud_sets_rules_from_a_file(shell, bucket, tmp_path):
    rule = {"action": {"type": "Delete"}, "condition": {"age": 3, "matchesPrefix": ["tmp/"]}}
    file = tmp_path / "lifecycle.json"
    file.write_text(json.dumps({"rule": [rule]}))
    updated = shell(["gcloud", "storage", "buckets", "update", f"gs://{bucket.name}", f"--lifecycle-file={file}"])

    assert updated.returncode == 0, updated.stderr
    bucket.reload()
    assert [dict(found) for found in bucket.lifecycle_rules] == [rule]
