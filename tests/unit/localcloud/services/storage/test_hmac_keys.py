import pytest

SIGNER = "signer@student-lab.iam.gserviceaccount.com"
KEYS = "/storage/v1/projects/student-lab/hmacKeys"


@pytest.fixture(autouse=True)
def account(gcs):
    gcs.accounts.add(SIGNER, "1")


@pytest.fixture
def make(gcs):
    def make():
        reply = gcs("POST", KEYS, params={"serviceAccountEmail": SIGNER})
        assert reply.status_code == 200, reply.text
        return reply.json()

    return make


def state(gcs, access_id, name, **more):
    return gcs("PUT", f"{KEYS}/{access_id}", json={"state": name, **more})


def test_a_key_tells_its_secret_once(gcs, make):
    made = make()
    metadata = made["metadata"]

    assert len(made["secret"]) == 40
    assert (len(metadata["accessId"]), metadata["accessId"][:6]) == (61, "GOOG1E")
    assert (metadata["state"], metadata["serviceAccountEmail"]) == ("ACTIVE", SIGNER)
    assert metadata["id"] == f"student-lab/{metadata['accessId']}"
    assert gcs("GET", f"{KEYS}/{metadata['accessId']}").json() == metadata


def test_keys_are_listed_without_the_deleted_ones_unless_asked(gcs, make):
    ids = sorted(make()["metadata"]["accessId"] for _ in range(3))
    state(gcs, ids[0], "INACTIVE")
    assert gcs("DELETE", f"{KEYS}/{ids[0]}").status_code == 204

    def listed(**params):
        page = gcs("GET", KEYS, params=params).json()
        return [key["accessId"] for key in page.get("items", [])], page.get("nextPageToken")

    assert listed() == (ids[1:], None)
    assert listed(showDeletedKeys="true") == (ids, None)
    assert listed(serviceAccountEmail="other@x") == ([], None)
    first, token = listed(maxResults=1)
    assert (first, listed(maxResults=1, pageToken=token)[0]) == (ids[1:2], ids[2:])


def test_only_an_inactive_key_is_deleted_and_it_can_be_seen_for_a_month(gcs, make, clock):
    access_id = make()["metadata"]["accessId"]

    assert gcs("DELETE", f"{KEYS}/{access_id}").status_code == 400
    assert state(gcs, access_id, "INACTIVE").json()["state"] == "INACTIVE"
    assert gcs("DELETE", f"{KEYS}/{access_id}").status_code == 204
    assert gcs("GET", f"{KEYS}/{access_id}").json()["state"] == "DELETED"
    assert state(gcs, access_id, "ACTIVE").status_code == 404
    clock.advance(days=30)
    assert gcs("GET", f"{KEYS}/{access_id}").status_code == 404


def test_a_change_may_demand_an_etag(gcs, make):
    metadata = make()["metadata"]
    changed = state(gcs, metadata["accessId"], "INACTIVE", etag=metadata["etag"])

    assert changed.json()["etag"] != metadata["etag"]
    assert state(gcs, metadata["accessId"], "ACTIVE", etag=metadata["etag"]).status_code == 412


@pytest.mark.parametrize("name", ["DELETED", "ASLEEP", ""])
def test_a_state_is_active_or_inactive(gcs, make, name):
    assert state(gcs, make()["metadata"]["accessId"], name).status_code == 400


def test_an_account_has_at_most_ten_keys_that_are_not_deleted(gcs, make):
    ids = [make()["metadata"]["accessId"] for _ in range(10)]
    eleventh = gcs("POST", KEYS, params={"serviceAccountEmail": SIGNER})
    state(gcs, ids[0], "INACTIVE")
    gcs("DELETE", f"{KEYS}/{ids[0]}")

    assert eleventh.status_code == 400
    assert make()["metadata"]["state"] == "ACTIVE"


def test_a_key_is_for_an_account_that_exists(gcs):
    assert gcs("POST", KEYS, params={"serviceAccountEmail": "nobody@x"}).status_code == 404
    assert gcs("POST", KEYS).status_code == 400
    assert gcs("GET", f"{KEYS}/GOOG1ENOTHING").status_code == 404


def test_a_stranger_may_do_nothing_with_keys(gcs, make):
    access_id = make()["metadata"]["accessId"]
    stranger = {"authorization": "Bearer stranger@example.com"}

    for method, path in (
        ("GET", KEYS),
        ("POST", KEYS),
        ("GET", f"{KEYS}/{access_id}"),
        ("DELETE", f"{KEYS}/{access_id}"),
    ):
        assert gcs(method, path, headers=stranger).status_code == 403


def test_the_secret_is_no_longer_given_when_the_account_is_gone(gcs, make):
    access_id = make()["metadata"]["accessId"]

    assert gcs.hmac_keys.secret(access_id).principal.email == SIGNER
    gcs.accounts.by_number.clear()
    assert gcs.hmac_keys.secret(access_id) is None


def test_a_project_has_an_agent_of_cloud_storage(gcs):
    number = gcs.storage.projects.default.number
    reply = gcs("GET", "/storage/v1/projects/student-lab/serviceAccount")

    assert reply.json()["email_address"] == f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
