"""`getIamPolicy`, `setIamPolicy` and `testIamPermissions` of a bucket."""

import pytest

IAM = "/storage/v1/b/lab-data/iam"
ROBOT = "robot@student-lab.iam.gserviceaccount.com"
CONDITION = {"title": "soon over", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}


def bindings(policy):
    return {binding["role"].removeprefix("roles/storage."): binding["members"] for binding in policy["bindings"]}


def granting(policy, role, member, **binding):
    added = {"role": role, "members": [member], **binding}
    return {**policy, "bindings": [*policy["bindings"], added]}


@pytest.fixture
def uniform(gcs):
    gcs.bucket("uniform-data", iamConfiguration={"uniformBucketLevelAccess": {"enabled": True}})
    return "/storage/v1/b/uniform-data/iam"


def test_a_new_bucket_is_its_projects(gcs):
    policy = gcs("GET", IAM).json()

    assert (policy["kind"], policy["resourceId"]) == ("storage#policy", "projects/_/buckets/lab-data")
    assert (policy["version"], policy["etag"]) == (1, "CAE=")
    assert bindings(policy) == {
        "legacyBucketOwner": ["projectEditor:student-lab", "projectOwner:student-lab"],
        "legacyBucketReader": ["projectViewer:student-lab"],
    }


def test_a_new_bucket_without_lists_gives_the_same_on_objects(gcs, uniform):
    assert bindings(gcs("GET", uniform).json()) == {
        "legacyBucketOwner": ["projectEditor:student-lab", "projectOwner:student-lab"],
        "legacyBucketReader": ["projectViewer:student-lab"],
        "legacyObjectOwner": ["projectEditor:student-lab", "projectOwner:student-lab"],
        "legacyObjectReader": ["projectViewer:student-lab"],
    }


def test_a_change_on_an_old_etag_is_refused(gcs):
    old = gcs("GET", IAM).json()
    new = gcs("PUT", IAM, json=granting(old, "roles/storage.objectViewer", "user:friend@example.com"))
    assert new.json()["etag"] == "CAI="

    lost = gcs("PUT", IAM, json=granting(old, "roles/storage.objectAdmin", "user:friend@example.com"))

    assert (lost.status_code, lost.json()["error"]["errors"][0]["reason"]) == (412, "conditionNotMet")
    assert bindings(gcs("GET", IAM).json())["objectViewer"] == ["user:friend@example.com"]
    assert gcs("GET", "/storage/v1/b/lab-data").json()["metageneration"] == "2"


def test_conditions_need_uniform_access(gcs):
    """412, with these words: tests/system/test_bucket.py of google-cloud-storage."""
    policy = granting(gcs("GET", IAM).json(), "roles/storage.objectViewer", "user:a@example.com", condition=CONDITION)

    refused = gcs("PUT", IAM, json={**policy, "version": 3})

    assert refused.status_code == 412
    assert "enable uniform bucket-level access" in refused.json()["error"]["message"]


def test_a_policy_with_conditions_is_for_those_who_know_them(gcs, uniform):
    policy = gcs("GET", uniform).json()
    conditional = granting(policy, "roles/storage.objectViewer", "user:a@example.com", condition=CONDITION)
    assert gcs("PUT", uniform, json=conditional).status_code == 400
    assert gcs("PUT", uniform, json={**conditional, "version": 3}).status_code == 200

    assert gcs("GET", uniform).status_code == 400
    shown = gcs("GET", uniform, params={"optionsRequestedPolicyVersion": 3}).json()
    assert shown["version"] == 3
    assert CONDITION in [binding.get("condition") for binding in shown["bindings"]]


@pytest.mark.parametrize(
    ("role", "member"),
    [
        ("roles/owner", "user:a@example.com"),
        ("roles/storage.noSuchRole", "user:a@example.com"),
        ("roles/storage.objectViewer", "a@example.com"),
        ("roles/storage.objectViewer", f"serviceAccount:{ROBOT}"),
    ],
    ids=["basic role", "unknown role", "no type", "no such account"],
)
def test_what_iam_would_not_keep_is_refused(gcs, role, member):
    policy = gcs("GET", IAM).json()

    assert gcs("PUT", IAM, json=granting(policy, role, member)).status_code == 400
    assert gcs("GET", IAM).json() == policy


def test_a_caller_asks_what_it_may_do(gcs):
    wanted = ["storage.buckets.delete", "storage.buckets.get", "storage.objects.list"]
    url = f"{IAM}/testPermissions"

    assert gcs("GET", url, params={"permissions": wanted}).json()["permissions"] == wanted
    anyone = gcs("GET", url, params={"permissions": wanted}, headers={"authorization": "Bearer a@example.org"})
    assert anyone.json() == {"kind": "storage#testIamPermissionsResponse"}
    assert gcs("GET", url, params={"permissions": "compute.instances.get"}).status_code == 400


def test_a_policy_goes_and_comes_back_with_its_bucket(gcs):
    policy = granting(gcs("GET", IAM).json(), "roles/storage.objectViewer", "user:friend@example.com")
    gcs("PUT", IAM, json=policy)
    generation = gcs("GET", "/storage/v1/b/lab-data").json()["generation"]
    gcs("DELETE", "/storage/v1/b/lab-data")
    gcs.bucket("lab-data")
    assert "objectViewer" not in bindings(gcs("GET", IAM).json())

    gcs("DELETE", "/storage/v1/b/lab-data")
    assert gcs("POST", "/storage/v1/b/lab-data/restore", params={"generation": generation}).status_code == 200
    assert bindings(gcs("GET", IAM).json())["objectViewer"] == ["user:friend@example.com"]
