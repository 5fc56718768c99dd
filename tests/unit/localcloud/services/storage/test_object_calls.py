import asyncio
import base64
import hashlib
from urllib.parse import quote

import google_crc32c
import pytest

from labkit.localcloud.services.storage.names import Address


def crc32c(data):
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def reason(reply):
    error = reply.json()["error"]
    return reply.status_code, error["errors"][0]["reason"], error["message"]


NOT_MET = (412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")


def test_an_object_is_shown_as_google_shows_it(gcs):
    data = b"1,2,3\n"
    gcs.upload("train/digits.csv", data, headers={"content-type": "text/csv"})
    resource = gcs("GET", "/storage/v1/b/lab-data/o/train%2Fdigits.csv").json()

    generation = resource["generation"]
    assert resource == {
        "kind": "storage#object",
        "id": f"lab-data/train/digits.csv/{generation}",
        "selfLink": "https://storage.googleapis.com/storage/v1/b/lab-data/o/train%2Fdigits.csv",
        "mediaLink": "https://storage.googleapis.com/download/storage/v1/b/lab-data/o/train%2Fdigits.csv"
        f"?generation={generation}&alt=media",
        "name": "train/digits.csv",
        "bucket": "lab-data",
        "generation": generation,
        "metageneration": "1",
        "contentType": "text/csv",
        "storageClass": "STANDARD",
        "size": "6",
        "crc32c": crc32c(data),
        "md5Hash": md5(data),
        "etag": resource["etag"],
        "timeCreated": "2026-11-24T09:30:00.000Z",
        "updated": "2026-11-24T09:30:00.000Z",
        "timeStorageClassUpdated": "2026-11-24T09:30:00.000Z",
        "timeFinalized": "2026-11-24T09:30:00.000Z",
    }


def test_a_list_shows_each_object_as_it_is_now(gcs):
    gcs.upload("a", b"1")
    gcs.upload("b", b"2")
    gcs("GET", "/storage/v1/b/lab-data/o")
    gcs("PATCH", "/storage/v1/b/lab-data/o/b", json={"metadata": {"step": "2"}})
    listed = gcs("GET", "/storage/v1/b/lab-data/o").json()

    shown = [gcs("GET", f"/storage/v1/b/lab-data/o/{name}").json() for name in "ab"]
    assert listed == {"kind": "storage#objects", "items": shown}
    assert shown[1]["metadata"] == {"step": "2"}


def test_links_in_a_list_name_the_host_the_client_used(gcs):
    gcs.upload("a")
    hosts = ("https://storage.googleapis.com", "http://127.0.0.1:9000")
    lists = [gcs("GET", f"{host}/storage/v1/b/lab-data/o").json() for host in hosts]

    assert [page["items"][0]["selfLink"] for page in lists] == [f"{host}/storage/v1/b/lab-data/o/a" for host in hosts]


def test_links_name_the_host_the_client_used(gcs):
    gcs.upload("a")
    resource = gcs("GET", "http://127.0.0.1:9000/storage/v1/b/lab-data/o/a").json()

    assert resource["selfLink"].startswith("http://127.0.0.1:9000/storage/")
    assert resource["mediaLink"].startswith("http://127.0.0.1:9000/download/")


def test_generations_rise_even_when_the_clock_does_not(gcs, clock, crash):
    first = int(gcs.upload("a").json()["generation"])
    clock.advance(hours=-1)
    second = int(gcs.upload("a").json()["generation"])
    third = int(crash().upload("b").json()["generation"])

    assert first < second < third


def test_a_missing_object_is_not_found(gcs):
    expected = (404, "notFound", "No such object: lab-data/no/such")

    assert reason(gcs("GET", "/storage/v1/b/lab-data/o/no%2Fsuch")) == expected
    assert reason(gcs("DELETE", "/storage/v1/b/lab-data/o/no%2Fsuch")) == expected
    assert reason(gcs("PATCH", "/storage/v1/b/lab-data/o/no%2Fsuch", json={})) == expected


def test_a_download_is_refused_in_a_sentence_without_json(gcs):
    reply = gcs.download("no/such")

    assert (reply.status_code, reply.text) == (404, "No such object: lab-data/no/such")


def test_a_download_carries_what_the_clients_read_from_headers(gcs):
    data = b"weights"
    resource = gcs.upload("model.pt", data).json()
    reply = gcs.download("model.pt")

    assert (reply.status_code, reply.content) == (200, data)
    assert reply.headers["x-goog-generation"] == resource["generation"]
    assert reply.headers["x-goog-metageneration"] == "1"
    assert reply.headers["x-goog-hash"] == f"crc32c={crc32c(data)},md5={md5(data)}"
    assert reply.headers["x-goog-stored-content-length"] == "7"
    assert reply.headers["x-goog-stored-content-encoding"] == "identity"
    assert reply.headers["etag"] == resource["etag"]
    assert reply.headers["content-length"] == "7"
    assert reply.headers["content-type"] == "application/octet-stream"


def test_alt_media_on_the_resource_downloads_too(gcs):
    gcs.upload("a", b"bytes")

    assert gcs("GET", "/storage/v1/b/lab-data/o/a?alt=media").content == b"bytes"


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_a_range_is_answered_with_that_part(gcs, header, expected, content_range):
    gcs.upload("digits", b"0123456789")
    reply = gcs.download("digits", headers={"range": header})

    assert (reply.status_code, reply.content) == (206, expected)
    assert reply.headers["content-range"] == content_range
    assert reply.headers["x-goog-stored-content-length"] == "10"


@pytest.mark.parametrize("header", ["bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=a-b"])
def test_what_is_no_single_range_is_ignored(gcs, header):
    gcs.upload("digits", b"0123456789")
    reply = gcs.download("digits", headers={"range": header})

    assert (reply.status_code, reply.content) == (200, b"0123456789")


@pytest.mark.parametrize(("data", "header"), [(b"0123456789", "bytes=10-"), (b"", "bytes=0-"), (b"", "bytes=-5")])
def test_a_range_beyond_the_end_cannot_be_satisfied(gcs, data, header):
    gcs.upload("digits", data)
    reply = gcs.download("digits", headers={"range": header})

    assert reply.status_code == 416


def test_an_object_that_is_overwritten_while_it_is_read_arrives_as_it_was(gcs):
    gcs.upload("a", b"old")
    stored = gcs.storage.objects.get(Address("lab-data", "a"))
    with gcs.storage.path(stored).open("rb") as reading:
        gcs.upload("a", b"new")
        assert reading.read() == b"old"
    assert gcs.download("a").content == b"new"


def test_without_soft_deletion_only_the_blob_of_the_present_object_stays(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"softDeletePolicy": {"retentionDurationSeconds": 0}})
    gcs.upload("a", b"old")
    gcs.upload("a", b"new")
    assert len(gcs.blobs_on_disk()) == 1

    gcs("DELETE", "/storage/v1/b/lab-data/o/a")
    assert gcs.blobs_on_disk() == set()


def test_an_object_written_with_generation_0_is_only_ever_created(gcs):
    query = "uploadType=media&name=once&ifGenerationMatch=0"
    first = gcs("POST", f"/upload/storage/v1/b/lab-data/o?{query}", content=b"first")
    second = gcs("POST", f"/upload/storage/v1/b/lab-data/o?{query}", content=b"second")

    assert first.status_code == 200
    assert reason(second) == NOT_MET
    assert gcs.download("once").content == b"first"
    assert len(gcs.blobs_on_disk()) == 1


def test_racing_creators_have_one_winner(gcs):
    url = "/upload/storage/v1/b/lab-data/o?uploadType=media&name=once&ifGenerationMatch=0"

    async def race():
        return await asyncio.gather(*(gcs.client.post(url, content=b"x") for _ in range(8)))

    assert sorted(reply.status_code for reply in gcs.run(race())) == [200] + [412] * 7
    assert len(gcs.blobs_on_disk()) == 1


@pytest.mark.parametrize("call", ["PATCH", "DELETE", "PUT"])
@pytest.mark.parametrize("condition", ["ifGenerationMatch=5", "ifMetagenerationMatch=2", "ifMetagenerationNotMatch=1"])
def test_a_change_whose_precondition_fails_does_nothing(gcs, call, condition):
    before = gcs.upload("a").json()
    reply = gcs(call, f"/storage/v1/b/lab-data/o/a?{condition}", json={"contentType": "text/plain"})

    assert reason(reply) == NOT_MET
    assert gcs("GET", "/storage/v1/b/lab-data/o/a").json() == before


def test_a_read_of_what_the_caller_has_is_not_modified(gcs):
    generation = gcs.upload("a").json()["generation"]
    reply = gcs("GET", f"/storage/v1/b/lab-data/o/a?ifGenerationNotMatch={generation}")

    assert (reply.status_code, reply.content) == (304, b"")


def test_a_read_of_another_generation_is_refused(gcs):
    gcs.upload("a")

    assert reason(gcs("GET", "/storage/v1/b/lab-data/o/a?ifGenerationMatch=5")) == NOT_MET
    assert gcs("GET", "/storage/v1/b/lab-data/o/a?generation=5").status_code == 404


def test_a_patch_of_metadata_merges_and_null_removes(gcs):
    gcs.upload("a", headers={"content-type": "text/csv"})
    gcs("PATCH", "/storage/v1/b/lab-data/o/a", json={"metadata": {"x": "1", "y": "2"}, "cacheControl": "no-store"})
    resource = gcs(
        "PATCH", "/storage/v1/b/lab-data/o/a", json={"metadata": {"x": None, "z": "3"}, "cacheControl": None}
    ).json()

    assert resource["metadata"] == {"y": "2", "z": "3"}
    assert "cacheControl" not in resource
    assert resource["contentType"] == "text/csv"
    assert resource["metageneration"] == "3"


@pytest.mark.parametrize("change", [{"customTime": "soon"}, {"metadata": {"epoch": 1}}, {"storageClass": "WARM"}])
def test_a_patch_with_a_bad_value_changes_nothing(gcs, change):
    before = gcs.upload("a").json()

    assert reason(gcs("PATCH", "/storage/v1/b/lab-data/o/a", json=change))[:2] == (400, "invalid")
    assert gcs("GET", "/storage/v1/b/lab-data/o/a").json() == before


@pytest.mark.parametrize("query", ["ifGenerationMatch=abc", "generation=x"])
def test_a_number_that_is_none_is_named(gcs, query):
    gcs.upload("a")

    assert reason(gcs("GET", f"/storage/v1/b/lab-data/o/a?{query}"))[:2] == (400, "invalid")


@pytest.mark.parametrize("query", ["maxResults=-1", "maxResults=many", "pageToken=nonsense"])
def test_a_list_that_cannot_be_paged_so_is_refused(gcs, query):
    assert reason(gcs("GET", f"/storage/v1/b/lab-data/o?{query}"))[:2] == (400, "invalid")


def test_an_update_replaces_the_metadata(gcs):
    gcs.upload("a", headers={"content-type": "text/csv"})
    resource = gcs("PUT", "/storage/v1/b/lab-data/o/a", json={"metadata": {"x": "1"}}).json()

    assert "contentType" not in resource
    assert resource["metadata"] == {"x": "1"}
    assert resource["storageClass"] == "STANDARD"


def test_a_deleted_object_is_gone(gcs):
    gcs.upload("a")
    reply = gcs("DELETE", "/storage/v1/b/lab-data/o/a")

    assert (reply.status_code, reply.content) == (204, b"")
    assert gcs("GET", "/storage/v1/b/lab-data/o/a").status_code == 404


def test_a_rewrite_copies_bytes_and_metadata_in_one_call(gcs):
    gcs.bucket("lab-models")
    gcs.upload("model.pt", b"weights", headers={"content-type": "application/x-torch"})
    reply = gcs("POST", "/storage/v1/b/lab-data/o/model.pt/rewriteTo/b/lab-models/o/v1%2Fmodel.pt").json()

    assert (reply["done"], reply["objectSize"], reply["totalBytesRewritten"]) == (True, "7", "7")
    assert reply["resource"]["id"].startswith("lab-models/v1/model.pt/")
    assert reply["resource"]["contentType"] == "application/x-torch"


def test_a_copy_outlives_its_source(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"softDeletePolicy": {"retentionDurationSeconds": 0}})
    gcs.upload("a", b"bytes")
    gcs("POST", "/storage/v1/b/lab-data/o/a/copyTo/b/lab-data/o/b")
    assert len(gcs.blobs_on_disk()) == 1

    gcs("DELETE", "/storage/v1/b/lab-data/o/a")
    assert gcs.download("b").content == b"bytes"
    gcs("DELETE", "/storage/v1/b/lab-data/o/b")
    assert gcs.blobs_on_disk() == set()


def test_an_object_copied_onto_itself_keeps_its_bytes(gcs):
    gcs.upload("a", b"bytes")
    gcs("POST", "/storage/v1/b/lab-data/o/a/rewriteTo/b/lab-data/o/a", json={"storageClass": "NEARLINE"})

    assert gcs.download("a").content == b"bytes"
    assert gcs("GET", "/storage/v1/b/lab-data/o/a").json()["storageClass"] == "NEARLINE"


def test_a_copy_whose_precondition_fails_does_nothing(gcs):
    gcs.upload("a", b"bytes")
    url = "/storage/v1/b/lab-data/o/a/rewriteTo/b/lab-data/o/b"

    assert reason(gcs("POST", f"{url}?ifSourceGenerationMatch=5")) == NOT_MET
    assert reason(gcs("POST", f"{url}?ifGenerationMatch=5")) == NOT_MET
    assert gcs.download("b").status_code == 404
    assert gcs.download("a").content == b"bytes"


def test_a_page_names_objects_and_folded_prefixes(gcs):
    for name in ("readme.md", "test/x", "train/1", "train/2", "zoo"):
        gcs.upload(name)
    listing = gcs("GET", "/storage/v1/b/lab-data/o?delimiter=/&maxResults=3").json()
    rest = gcs("GET", f"/storage/v1/b/lab-data/o?delimiter=/&pageToken={listing['nextPageToken']}").json()

    assert [item["name"] for item in listing["items"]] == ["readme.md"]
    assert listing["prefixes"] == ["test/", "train/"]
    assert [item["name"] for item in rest["items"]] == ["zoo"]
    assert "prefixes" not in rest


@pytest.mark.parametrize("name", ["a:b", "snow ☃", "a//b", "q?x=1&y=2#z", "100%", "%2F", "+", "*"])
def test_any_name_google_allows_comes_back_unchanged(gcs, name):
    gcs.upload(name, b"here")
    reply = gcs("GET", f"/download/storage/v1/b/lab-data/o/{quote(name, safe='')}?alt=media")

    assert reply.content == b"here"
    assert gcs("GET", "/storage/v1/b/lab-data/o").json()["items"][0]["name"] == name


@pytest.mark.parametrize("name", ["a\nb", "x" * 1025, ".", ".well-known/acme-challenge/x"])
def test_a_name_google_does_not_allow_is_refused(gcs, name):
    assert reason(gcs.upload(name, b"x"))[:2] == (400, "invalid")
