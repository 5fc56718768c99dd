import pytest

URL = "/storage/v1/b/lab-data/notificationConfigs"
TOPIC = "//pubsub.googleapis.com/projects/student-lab/topics/new-files"
NOTIFICATION = {
    "topic": TOPIC,
    "payload_format": "JSON_API_V1",
    "event_types": ["OBJECT_FINALIZE"],
    "object_name_prefix": "train/",
    "custom_attributes": {"course": "ml"},
}


def test_a_configuration_is_kept_listed_and_deleted(gcs):
    made = gcs("POST", URL, json=NOTIFICATION).json()

    assert made == {
        "kind": "storage#notification",
        "id": "1",
        "etag": "1",
        "selfLink": f"https://storage.googleapis.com{URL}/1",
        **NOTIFICATION,
    }
    assert gcs("GET", f"{URL}/1").json() == made
    assert gcs("GET", URL).json() == {"kind": "storage#notifications", "items": [made]}
    assert gcs("DELETE", f"{URL}/1").status_code == 204
    assert gcs("GET", f"{URL}/1").status_code == 404
    assert gcs("GET", URL).json() == {"kind": "storage#notifications"}


def test_a_topic_may_be_written_without_its_service(gcs):
    made = gcs("POST", URL, json={**NOTIFICATION, "topic": TOPIC.removeprefix("//pubsub.googleapis.com/")})

    assert made.json()["topic"] == TOPIC


@pytest.mark.parametrize(
    "change",
    [{"topic": "new-files"}, {"topic": ""}, {"payload_format": "XML"}, {"event_types": ["OBJECT_SEEN"]}],
)
def test_what_google_would_not_keep_is_refused(gcs, change):
    assert gcs("POST", URL, json={**NOTIFICATION, **change}).status_code == 400


def test_configurations_go_with_their_bucket(gcs):
    gcs("POST", URL, json=NOTIFICATION)
    gcs("DELETE", "/storage/v1/b/lab-data")
    gcs.bucket()

    assert gcs("GET", URL).json() == {"kind": "storage#notifications"}
