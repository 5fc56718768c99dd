"""Versions of objects: kept, listed, read, changed, brought back and deleted by generation."""

import pytest

OBJECT = "/storage/v1/b/lab-data/o/a"


@pytest.fixture
def versioned(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"versioning": {"enabled": True}})
    return gcs


def generation(reply):
    assert reply.status_code == 200, reply.text
    return reply.json()["generation"]


def listed(gcs, **parameters):
    reply = gcs("GET", "/storage/v1/b/lab-data/o", params={"versions": "true", **parameters}).json()
    return [(item["name"], item["generation"], "timeDeleted" in item) for item in reply.get("items", [])], reply


def message(reply):
    return reply.status_code, reply.json()["error"]["message"]


def test_an_overwritten_object_becomes_noncurrent(versioned, clock):
    old = generation(versioned.upload("a", b"old"))
    clock.advance(minutes=5)
    new = generation(versioned.upload("a", b"new"))

    assert listed(versioned)[0] == [("a", old, True), ("a", new, False)]
    assert versioned.download("a").content == b"new"
    resource = versioned("GET", OBJECT, params={"generation": old}).json()
    assert resource["timeDeleted"] == "2026-11-24T09:35:00.000Z"
    assert versioned("GET", OBJECT, params={"generation": old, "alt": "media"}).content == b"old"


def test_a_deleted_object_becomes_noncurrent(versioned):
    old = generation(versioned.upload("a", b"old"))
    assert versioned("DELETE", OBJECT).status_code == 204

    assert versioned("GET", OBJECT).status_code == 404
    assert versioned("GET", "/storage/v1/b/lab-data/o").json() == {"kind": "storage#objects"}
    assert listed(versioned)[0] == [("a", old, True)]


def test_a_generation_that_is_named_is_deleted_for_good(versioned):
    old = generation(versioned.upload("a", b"old"))
    new = generation(versioned.upload("a", b"new"))

    assert versioned("DELETE", OBJECT, params={"generation": old}).status_code == 204
    assert listed(versioned)[0] == [("a", new, False)]
    assert versioned("DELETE", OBJECT, params={"generation": new}).status_code == 204
    assert listed(versioned)[0] == []


def test_a_noncurrent_generation_is_brought_back_by_a_copy(versioned):
    old = generation(versioned.upload("a", b"old", headers={"content-type": "text/csv"}))
    versioned.upload("a", b"new")
    reply = versioned("POST", f"{OBJECT}/rewriteTo/b/lab-data/o/a", params={"sourceGeneration": old}).json()

    assert versioned.download("a").content == b"old"
    assert reply["resource"]["contentType"] == "text/csv"
    assert [deleted for _, _, deleted in listed(versioned)[0]] == [True, True, False]


def test_a_noncurrent_generation_is_patched(versioned):
    old = generation(versioned.upload("a", b"old"))
    new = generation(versioned.upload("a", b"new"))
    versioned("PATCH", OBJECT, params={"generation": old}, json={"metadata": {"epoch": "1"}})

    assert versioned("GET", OBJECT, params={"generation": old}).json()["metadata"] == {"epoch": "1"}
    assert "metadata" not in versioned("GET", OBJECT, params={"generation": new}).json()


def test_versions_are_listed_in_pages(versioned):
    generations = [(name, generation(versioned.upload(name))) for name in "ab" for _ in range(3)]
    found, token = [], ""
    while True:
        items, reply = listed(versioned, maxResults=2, pageToken=token)
        found += items
        token = reply.get("nextPageToken", "")
        if not token:
            break

    assert [item[:2] for item in found] == generations


def test_a_folder_is_named_once_however_many_versions_it_has(versioned):
    for _ in range(3):
        versioned.upload("train/")
        versioned.upload("train/1")
    reply = versioned("GET", "/storage/v1/b/lab-data/o?versions=true&delimiter=/&includeTrailingDelimiter=true").json()

    assert reply["prefixes"] == ["train/"]
    assert [item["name"] for item in reply["items"]] == ["train/"] * 3


def test_a_generation_that_is_not_there_is_not_found(versioned):
    versioned.upload("a")

    assert message(versioned("GET", OBJECT, params={"generation": "7"})) == (404, "No such object: lab-data/a")
    assert versioned("DELETE", OBJECT, params={"generation": "7"}).status_code == 404


def test_without_versioning_what_is_overwritten_is_in_no_list_of_versions(gcs):
    gcs.upload("a", b"old")
    new = generation(gcs.upload("a", b"new"))

    assert listed(gcs)[0] == [("a", new, False)]


def test_a_bucket_with_noncurrent_versions_is_not_empty(versioned):
    versioned.upload("a")
    versioned("DELETE", OBJECT)

    assert message(versioned("DELETE", "/storage/v1/b/lab-data")) == (
        409,
        "The bucket you tried to delete is not empty.",
    )


def test_versions_survive_a_crash(versioned, crash):
    old = generation(versioned.upload("a", b"old"))
    versioned.upload("a", b"new")
    after = crash()

    assert after("GET", OBJECT, params={"generation": old, "alt": "media"}).content == b"old"
    assert (
        after("GET", OBJECT, params={"generation": old}).json()
        == versioned("GET", OBJECT, params={"generation": old}).json()
    )


@pytest.mark.parametrize("query", ["ifGenerationNotMatch=5", "ifGenerationNotMatch=0", "ifMetagenerationNotMatch=5"])
def test_without_an_object_it_differs_from_nothing(gcs, query):
    reply = gcs("POST", f"/upload/storage/v1/b/lab-data/o?uploadType=media&name=new&{query}", content=b"x")

    assert reply.status_code == 412


def test_etags_are_conditions_of_a_read(gcs):
    etag = gcs.upload("a", b"bytes").json()["etag"]
    media = "/download/storage/v1/b/lab-data/o/a?alt=media"

    for url in (OBJECT, media):
        assert gcs("GET", url, headers={"if-match": f'"{etag}"'}).status_code == 200
        assert gcs("GET", url, headers={"if-match": "other"}).status_code == 412
        assert gcs("GET", url, headers={"if-none-match": f"other, {etag}"}).status_code == 304
        assert gcs("GET", url, headers={"if-none-match": "other"}).status_code == 200
    assert gcs("GET", "/storage/v1/b/lab-data", headers={"if-none-match": "CAE="}).status_code == 304
    assert gcs("GET", "/storage/v1/b/lab-data", headers={"if-match": "CAI="}).status_code == 412


def test_a_moved_object_has_its_new_name_only(gcs):
    source = gcs.upload("a", b"bytes", headers={"content-type": "text/csv"}).json()
    gcs.upload("b", b"overwritten")
    moved = gcs("POST", f"{OBJECT}/moveTo/o/b").json()

    assert gcs("GET", OBJECT).status_code == 404
    assert gcs.download("b").content == b"bytes"
    assert (moved["name"], moved["contentType"], moved["metageneration"]) == ("b", "text/csv", "1")
    assert int(moved["generation"]) > int(source["generation"])
    soft_deleted = gcs("GET", "/storage/v1/b/lab-data/o?softDeleted=true").json()["items"]
    assert [item["name"] for item in soft_deleted] == ["b"]


def test_a_move_keeps_to_the_preconditions_of_both_objects(gcs):
    source = generation(gcs.upload("a", b"bytes"))
    url = f"{OBJECT}/moveTo/o/b"

    assert gcs("POST", url, params={"ifSourceGenerationMatch": "1"}).status_code == 412
    assert gcs("POST", url, params={"ifGenerationMatch": "1"}).status_code == 412
    assert gcs.download("a").content == b"bytes"
    parameters = {"ifSourceGenerationMatch": source, "ifGenerationMatch": "0"}
    assert gcs("POST", url, params=parameters).status_code == 200


def test_an_object_does_not_move_onto_itself(gcs):
    gcs.upload("a", b"bytes")

    assert gcs("POST", f"{OBJECT}/moveTo/o/a").status_code == 400
    assert gcs("POST", "/storage/v1/b/lab-data/o/none/moveTo/o/b").status_code == 404
    assert gcs.download("a").content == b"bytes"
