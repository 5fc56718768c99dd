import pytest


def refused(reply):
    """Status, reason and message of a refusal in the JSON API's shape."""
    error = reply.json()["error"]
    assert error["code"] == reply.status_code
    (item,) = error["errors"]
    assert (item["message"], item["domain"]) == (error["message"], "global")
    return reply.status_code, error["errors"][0]["reason"], error["message"]


def test_a_new_bucket_has_the_defaults_of_google_cloud(gcs):
    bucket = gcs.bucket("plain-bucket")

    assert bucket.pop("generation").isdecimal()
    assert bucket == {
        "kind": "storage#bucket",
        "id": "plain-bucket",
        "name": "plain-bucket",
        "selfLink": "https://storage.googleapis.com/storage/v1/b/plain-bucket",
        "projectNumber": "100000000001",
        "metageneration": "1",
        "etag": "CAE=",
        "location": "US",
        "locationType": "multi-region",
        "rpo": "DEFAULT",
        "storageClass": "STANDARD",
        "timeCreated": "2026-11-24T09:30:00.000Z",
        "updated": "2026-11-24T09:30:00.000Z",
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": False},
            "uniformBucketLevelAccess": {"enabled": False},
            "publicAccessPrevention": "inherited",
        },
        "softDeletePolicy": {
            "retentionDurationSeconds": "604800",
            "effectiveTime": "2026-11-24T09:30:00.000Z",
        },
    }


def test_a_bucket_keeps_what_gcloud_asks_for(gcs):
    bucket = gcs.bucket(
        "regional-bucket",
        location="us-central1",
        storageClass="nearline",
        labels={"course": "ml"},
        iamConfiguration={
            "publicAccessPrevention": "enforced",
            "uniformBucketLevelAccess": {"enabled": True},
        },
        softDeletePolicy={"retentionDurationSeconds": 0},
        lifecycle={"rule": [{"action": {"type": "Delete"}, "condition": {"age": 7}}]},
    )

    assert gcs("GET", "/storage/v1/b/regional-bucket").json() == bucket
    assert (bucket["location"], bucket["locationType"], bucket["storageClass"]) == ("US-CENTRAL1", "region", "NEARLINE")
    assert bucket["labels"] == {"course": "ml"}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {
        "enabled": True,
        "lockedTime": "2027-02-22T09:30:00.000Z",  # 90 days later
    }
    assert bucket["softDeletePolicy"]["retentionDurationSeconds"] == "0"
    assert bucket["lifecycle"] == {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 7}}]}
    assert "rpo" not in bucket


def test_a_name_that_is_taken_is_a_conflict(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": "lab-data"})

    message = "Your previous request to create the named bucket succeeded and you already own it."
    assert refused(reply) == (409, "conflict", message)


@pytest.mark.parametrize("name", ["Upper", "ab", "-dash", "192.168.5.4", "goog-data", "my-google-data", "x" * 64])
def test_an_invalid_name_is_refused_with_the_name(gcs, name):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": name})

    assert refused(reply) == (400, "invalid", f"Invalid bucket name: '{name}'")


def test_a_domain_name_needs_a_verified_owner(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": "data.example.com"})

    assert refused(reply)[:2] == (403, "forbidden")


def test_an_unknown_project_is_refused_by_name(gcs):
    expected = (400, "invalid", "Unknown project id: nobodys")

    assert refused(gcs("POST", "/storage/v1/b?project=nobodys", json={"name": "new-bucket"})) == expected
    assert refused(gcs("GET", "/storage/v1/b?project=nobodys")) == expected


def test_a_call_without_a_project_is_refused(gcs):
    assert refused(gcs("GET", "/storage/v1/b")) == (400, "required", "Required parameter: project")


def test_bad_json_is_a_parse_error_that_says_where(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", content=b'{"name": ')

    status, reason, message = refused(reply)
    assert (status, reason) == (400, "parseError")
    assert "column 10" in message


def test_a_field_of_the_wrong_type_is_named(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": "new-bucket", "labels": {"a": 1}})

    assert refused(reply) == (400, "invalid", "Invalid value for field 'labels.a': 1 is not a string.")


@pytest.mark.parametrize(
    "setting",
    [
        {"location": "mars"},
        {"storageClass": "WARM"},
        {"softDeletePolicy": {"retentionDurationSeconds": 60}},
        {"softDeletePolicy": {"retentionDurationSeconds": "a week"}},
        {"iamConfiguration": {"publicAccessPrevention": "sometimes"}},
        {"lifecycle": {"rule": [{"action": {"type": "Delete"}}]}},
    ],
)
def test_a_value_google_does_not_know_is_refused(gcs, setting):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": "new-bucket", **setting})

    assert refused(reply)[:2] == (400, "invalid")
    assert gcs("GET", "/storage/v1/b/new-bucket").status_code == 404


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"ipFilter": {"mode": "Enabled"}}, "ipFilter"),
        ({"hierarchicalNamespace": {"enabled": True}}, "hierarchicalNamespace.enabled"),
        (
            {"encryption": {"googleManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"}}},
            "encryption.googleManagedEncryptionEnforcementConfig",
        ),
    ],
)
def test_what_is_not_written_yet_is_refused_by_name(gcs, setting, name):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={"name": "new-bucket", **setting})

    status, reason, message = refused(reply)
    assert (status, reason) == (501, "notImplemented")
    assert f"'{name}'" in message


def test_a_body_that_is_no_object_is_a_parse_error(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json=["new-bucket"])

    assert refused(reply)[:2] == (400, "parseError")


def test_a_bucket_needs_a_name(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab", json={})

    assert refused(reply) == (400, "required", "Required parameter: name")


def test_gcloud_gets_a_400_for_a_call_that_is_not_written(gcs):
    """Since it retries a 501 for half a minute."""
    reply = gcs("GET", "/storage/v1/b/lab-data/managedFolders", headers={"user-agent": "gcloud/528"})

    assert refused(reply)[0] == 400
    assert "GET /storage/v1/b/lab-data/managedFolders" in refused(reply)[2]


def test_a_parameter_that_asks_for_nothing_is_no_matter(gcs):
    """As gcloud 528 creates a bucket."""
    query = "alt=json&enableObjectRetention=False&project=student-lab&prettyPrint=True&projection=noAcl"

    assert gcs("POST", f"/storage/v1/b?{query}", json={"name": "new-bucket"}).status_code == 200


def test_a_missing_bucket_is_not_found(gcs):
    expected = (404, "notFound", "The specified bucket does not exist.")

    assert refused(gcs("GET", "/storage/v1/b/nowhere")) == expected
    assert refused(gcs("DELETE", "/storage/v1/b/nowhere")) == expected
    assert refused(gcs("PATCH", "/storage/v1/b/nowhere", json={})) == expected
    assert refused(gcs("GET", "/storage/v1/b/nowhere/o")) == expected
    assert refused(gcs.upload("x", bucket="nowhere")) == expected


def test_buckets_are_listed_by_prefix_in_pages(gcs):
    for name in ("exam-2", "exam-1", "exam-3", "other"):
        gcs.bucket(name)

    first = gcs("GET", "/storage/v1/b?project=student-lab&prefix=exam-&maxResults=2").json()
    second = gcs(
        "GET",
        f"/storage/v1/b?project=student-lab&prefix=exam-&maxResults=2&pageToken={first['nextPageToken']}",
    ).json()

    assert [bucket["name"] for bucket in first["items"]] == ["exam-1", "exam-2"]
    assert [bucket["name"] for bucket in second["items"]] == ["exam-3"]
    assert "nextPageToken" not in second


def test_buckets_are_listed_by_project_number_too(gcs):
    assert gcs("GET", "/storage/v1/b?project=100000000001").json()["items"][0]["name"] == "lab-data"


def test_a_patch_merges_and_null_removes(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"labels": {"a": "1", "b": "2"}})
    bucket = gcs(
        "PATCH",
        "/storage/v1/b/lab-data",
        json={"labels": {"a": None, "c": "3"}, "iamConfiguration": {"publicAccessPrevention": "enforced"}},
    ).json()

    assert bucket["labels"] == {"b": "2", "c": "3"}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": False}
    assert (bucket["metageneration"], bucket["etag"]) == ("3", "CAM=")


def test_the_lock_of_uniform_access_counts_from_its_start(gcs, clock):
    clock.advance(days=10)
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    gcs("PATCH", "/storage/v1/b/lab-data", json=uniform)
    clock.advance(days=10)
    bucket = gcs("PATCH", "/storage/v1/b/lab-data", json={"labels": {"a": "1"}}).json()

    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"]["lockedTime"] == "2027-03-04T09:30:00.000Z"


def test_an_update_replaces_what_it_leaves_out(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"labels": {"a": "1"}})
    bucket = gcs("PUT", "/storage/v1/b/lab-data", json={"storageClass": "NEARLINE"}).json()

    assert "labels" not in bucket
    assert bucket["storageClass"] == "NEARLINE"


def test_a_bucket_does_not_move(gcs):
    assert refused(gcs("PATCH", "/storage/v1/b/lab-data", json={"location": "EU"}))[:2] == (400, "invalid")


def test_a_change_on_the_wrong_metageneration_is_refused(gcs):
    reply = gcs("PATCH", "/storage/v1/b/lab-data?ifMetagenerationMatch=7", json={"labels": {"a": "1"}})

    message = "At least one of the pre-conditions you specified did not hold."
    assert refused(reply) == (412, "conditionNotMet", message)
    assert "labels" not in gcs("GET", "/storage/v1/b/lab-data").json()


def test_a_bucket_that_holds_objects_is_not_deleted(gcs):
    gcs.upload("a")

    assert refused(gcs("DELETE", "/storage/v1/b/lab-data")) == (
        409,
        "conflict",
        "The bucket you tried to delete is not empty.",
    )
    assert gcs("GET", "/storage/v1/b/lab-data/o/a").status_code == 200


def test_an_empty_bucket_is_deleted(gcs):
    reply = gcs("DELETE", "/storage/v1/b/lab-data")

    assert (reply.status_code, reply.content) == (204, b"")
    assert gcs("GET", "/storage/v1/b/lab-data").status_code == 404


def test_the_storage_layout_says_that_folders_are_not_real(gcs):
    assert gcs("GET", "/storage/v1/b/lab-data/storageLayout").json() == {
        "kind": "storage#storageLayout",
        "bucket": "lab-data",
        "location": "US",
        "locationType": "multi-region",
        "hierarchicalNamespace": {"enabled": False},
    }


def test_a_reply_is_cut_down_to_the_fields_asked_for(gcs):
    reply = gcs("GET", "/storage/v1/b?project=student-lab&fields=items(name,iamConfiguration/publicAccessPrevention)")

    assert reply.json() == {
        "items": [{"name": "lab-data", "iamConfiguration": {"publicAccessPrevention": "inherited"}}]
    }


def test_a_bad_selection_of_fields_changes_nothing(gcs):
    reply = gcs("POST", "/storage/v1/b?project=student-lab&fields=name(", json={"name": "new-bucket"})

    assert refused(reply) == (400, "invalid", "Invalid field selection name(")
    assert gcs("GET", "/storage/v1/b/new-bucket").status_code == 404
