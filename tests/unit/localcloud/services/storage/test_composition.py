"""Objects made of others: composed, and what became of the parts."""

import base64
import hashlib
import os

import google_crc32c
import pytest

from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.names import Address

TARGET = "/storage/v1/b/lab-data/o/all/compose"


def compose(gcs, *names, url=TARGET, **body):
    return gcs("POST", url, json={"sourceObjects": [{"name": name} for name in names], **body})


def refused(reply):
    return reply.status_code, reply.json()["error"]["message"]


def crc32c(data):
    return base64.b64encode(google_crc32c.Checksum(data).digest()).decode()


def test_the_parts_follow_each_other(gcs):
    parts = [os.urandom(size) for size in (3, 1_500_000, 0, 70_000)]
    for number, data in enumerate(parts):
        gcs.upload(str(number), data)
    reply = compose(gcs, "0", "1", "2", "3", destination={"contentType": "text/csv", "metadata": {"k": "v"}}).json()

    whole = b"".join(parts)
    assert gcs.download("all").content == whole
    assert (reply["size"], reply["crc32c"], reply["componentCount"]) == (str(len(whole)), crc32c(whole), 4)
    assert "md5Hash" not in reply
    assert (reply["contentType"], reply["metadata"]) == ("text/csv", {"k": "v"})


def test_a_download_of_a_composed_object_promises_its_crc32c_only(gcs):
    gcs.upload("a", b"1")
    gcs.upload("b", b"2")
    compose(gcs, "a", "b")

    assert gcs.download("all").headers["x-goog-hash"] == f"crc32c={crc32c(b'12')}"


def test_an_object_grows_by_being_its_own_part(gcs):
    gcs.upload("log", b"1")
    gcs.upload("more", b"2")
    url = "/storage/v1/b/lab-data/o/log/compose"
    compose(gcs, "log", "more", url=url)
    reply = compose(gcs, "log", "more", url=url).json()

    assert gcs.download("log").content == b"122"
    assert reply["componentCount"] == 3


def test_one_part_is_a_composition_too(gcs):
    gcs.upload("a", b"bytes")
    reply = compose(gcs, "a").json()

    assert reply["componentCount"] == 1
    assert "md5Hash" not in reply
    assert len(gcs.blobs_on_disk()) == 1


def test_a_generation_and_its_condition_are_chosen_per_part(gcs):
    gcs("PATCH", "/storage/v1/b/lab-data", json={"versioning": {"enabled": True}})
    old = gcs.upload("a", b"old").json()["generation"]
    gcs.upload("a", b"new")
    sources = [{"name": "a", "generation": old}, {"name": "a"}]
    assert gcs("POST", TARGET, json={"sourceObjects": sources}).status_code == 200
    assert gcs.download("all").content == b"oldnew"

    sources[1]["objectPreconditions"] = {"ifGenerationMatch": old}
    assert gcs("POST", TARGET, json={"sourceObjects": sources}).status_code == 412


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "You must provide at least one source component."),
        (33, "The number of source components provided (33) exceeds the maximum (32)"),
    ],
)
def test_too_few_or_too_many_parts_are_refused(gcs, count, message):
    gcs.upload("a")

    assert refused(compose(gcs, *["a"] * count)) == (400, message)


def test_32_parts_are_composed(gcs):
    gcs.upload("a", b"x")

    assert compose(gcs, *["a"] * 32).json()["size"] == "32"


def test_a_part_that_is_missing_is_named(gcs):
    gcs.upload("a")

    assert refused(compose(gcs, "a", "b")) == (404, "No such object: lab-data/b")
    assert gcs.download("all").status_code == 404


def test_a_composition_whose_precondition_fails_does_nothing(gcs):
    gcs.upload("a", b"1")
    before = gcs.blobs_on_disk()

    assert compose(gcs, "a", "a", url=f"{TARGET}?ifGenerationMatch=5").status_code == 412
    assert gcs.blobs_on_disk() == before


def test_the_parts_go_when_that_is_asked_for(gcs):
    gcs.upload("a", b"1")
    gcs.upload("b", b"2")
    compose(gcs, "a", "b", "a", deleteSourceObjects=True)

    assert gcs.download("all").content == b"121"
    assert [item["name"] for item in gcs("GET", "/storage/v1/b/lab-data/o").json()["items"]] == ["all"]


def test_a_part_that_must_be_kept_stops_the_whole(gcs):
    gcs.upload("a", b"1")
    gcs.upload("b", b"2")
    gcs("PATCH", "/storage/v1/b/lab-data/o/b", json={"temporaryHold": True})
    before = gcs.blobs_on_disk()

    assert refused(compose(gcs, "a", "b", deleteSourceObjects=True))[0] == 403
    assert gcs.blobs_on_disk() == before
    assert gcs.download("a").content == b"1"
    assert gcs.download("all").status_code == 404


def test_a_composed_object_survives_a_crash(gcs, crash):
    gcs.upload("a", b"1")
    compose(gcs, "a", "a")
    after = crash()

    assert after.download("all").content == b"11"
    assert after("GET", "/storage/v1/b/lab-data/o/all").json()["componentCount"] == 2


def test_an_object_under_a_key_of_the_customers_is_not_joined_as_if_it_were_plain(gcs, crash):
    async def encrypted():
        writer = gcs.blobs.create(key=bytes(32))
        await writer.write(b"secret")
        return await writer.commit()

    gcs.upload("a", b"1")
    gcs.storage.objects.put(Address("lab-data", "secret"), ObjectAttributes(), gcs.run(encrypted()))

    message = "The target object is encrypted by a customer-supplied encryption key."
    assert refused(compose(gcs, "a", "secret")) == (400, message)
    assert crash().storage.objects.get(Address("lab-data", "secret")).blob.key_sha256 == (
        hashlib.sha256(bytes(32)).digest()
    )
