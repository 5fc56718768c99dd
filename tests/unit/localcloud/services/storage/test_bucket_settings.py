"""Settings of a bucket with parts of their own: kept as given, or refused in Google's words."""

import pytest

BUCKET = "/storage/v1/b/lab-data"


def patched(gcs, **settings):
    reply = gcs("PATCH", BUCKET, json=settings)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cors", [{"origin": ["*"], "method": ["GET"], "responseHeader": ["etag"], "maxAgeSeconds": 60}]),
        ("website", {"mainPageSuffix": "index.html", "notFoundPage": "404.html"}),
        ("logging", {"logBucket": "lab-logs", "logObjectPrefix": "log"}),
        ("billing", {"requesterPays": True}),
        ("billing", {"requesterPays": False}),
        ("versioning", {"enabled": False}),
        ("encryption", {"defaultKmsKeyName": "projects/p/locations/us/keyRings/r/cryptoKeys/k"}),
        ("rpo", "DEFAULT"),
        ("storageClass", "NEARLINE"),
        ("defaultEventBasedHold", True),
    ],
)
def test_a_setting_is_kept_and_null_removes_it(gcs, crash, name, value):
    default = gcs("GET", BUCKET).json().get(name)
    assert patched(gcs, **{name: value})[name] == value
    assert crash()("GET", BUCKET).json()[name] == value

    assert patched(gcs, **{name: None}).get(name) == default


def test_autoclass_tells_since_when(gcs, clock):
    shown = patched(gcs, autoclass={"enabled": True})["autoclass"]
    now = "2026-11-24T09:30:00.000Z"
    assert shown == {
        "enabled": True,
        "terminalStorageClass": "NEARLINE",
        "toggleTime": now,
        "terminalStorageClassUpdateTime": now,
    }
    clock.advance(hours=1)
    shown = patched(gcs, autoclass={"terminalStorageClass": "ARCHIVE"})["autoclass"]
    assert (shown["toggleTime"], shown["terminalStorageClassUpdateTime"]) == (now, "2026-11-24T10:30:00.000Z")
    assert "autoclass" not in patched(gcs, autoclass={"enabled": False})


def test_a_dual_region_of_two_chosen_regions(gcs):
    placement = {"dataLocations": ["US-CENTRAL1", "us-east1"]}
    bucket = gcs.bucket("lab-dual", location="us", customPlacementConfig=placement, rpo="ASYNC_TURBO")

    assert (bucket["location"], bucket["locationType"], bucket["rpo"]) == ("US", "dual-region", "ASYNC_TURBO")
    assert bucket["customPlacementConfig"] == {"dataLocations": ["US-CENTRAL1", "US-EAST1"]}
    layout = gcs("GET", "/storage/v1/b/lab-dual/storageLayout").json()
    assert layout["customPlacementConfig"] == bucket["customPlacementConfig"]
    assert (
        gcs("PUT", "/storage/v1/b/lab-dual", json={}).json()["customPlacementConfig"]
        == (bucket["customPlacementConfig"])
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": {"Course": "ml"}}, "Invalid user label: Course"),
        ({"labels": {"1course": "ml"}}, "Invalid user label: 1course"),
        ({"labels": {"course": "ML lab"}}, "Invalid user label: course with value ML lab"),
        ({"labels": {f"l{number}": "" for number in range(65)}}, "65 labels, maximum is 64"),
        ({"encryption": {"defaultKmsKeyName": "my-key"}}, "Malformed Cloud KMS crypto key: my-key"),
        ({"autoclass": {"enabled": True, "terminalStorageClass": "COLDLINE"}}, "Invalid terminal storage class"),
        ({"rpo": "FAST"}, "FAST is not a valid value"),
        ({"rpo": "ASYNC_TURBO"}, "only available for buckets in a dual-region"),
        ({"cors": [{"origin": "*"}]}, "'cors[0].origin'"),
        ({"cors": {}}, "'cors'"),
        ({"customPlacementConfig": {"dataLocations": ["US-EAST1"]}}, "two regions are needed"),
        ({"softDeletePolicy": {"retentionDurationSeconds": 60}}, "between 7 days and 90 days"),
    ],
)
def test_a_setting_google_does_not_take_changes_nothing(gcs, settings, message):
    before = gcs("GET", BUCKET).json()
    reply = gcs("PATCH", BUCKET, json=settings)

    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]
    assert gcs("GET", BUCKET).json() == before


def test_a_region_has_no_recovery_point(gcs):
    assert "rpo" not in gcs.bucket("lab-region", location="us-central1")
