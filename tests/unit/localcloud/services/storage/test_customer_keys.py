import base64
import hashlib

import pytest

DATA = bytes(range(256)) * 1000
KIB_256 = 256 * 1024


def headers(secret=b"k", prefix="x-goog-encryption-", **changes):
    """Those of a key, as the client library writes them."""
    key = hashlib.sha256(secret).digest()
    named = {
        "algorithm": "AES256",
        "key": base64.b64encode(key).decode(),
        "key-sha256": base64.b64encode(hashlib.sha256(key).digest()).decode(),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {prefix + name: value for name, value in named.items() if value is not None}


def source_headers(secret=b"k"):
    return headers(secret, "x-goog-copy-source-encryption-")


IS_ENCRYPTED = (400, "The target object is encrypted by a customer-supplied encryption key.")
IS_NOT_ENCRYPTED = (400, "The target object is not encrypted by a customer-supplied encryption key.")
IS_INCORRECT = (400, "The provided encryption key is incorrect.")


def told(download):
    """Of a download that is refused, only the sentence comes."""
    return download.status_code, download.text


def reason(reply):
    return reply.status_code, reply.json()["error"]["errors"][0]["reason"]


def resource(gcs, name, sent=None):
    return gcs("GET", f"/storage/v1/b/lab-data/o/{name}", headers=sent or {}).json()


def on_disk(gcs):
    return [gcs.blobs.path(blob_id).read_bytes() for blob_id in gcs.blobs.ids()]


def test_an_object_is_read_with_its_key(gcs):
    gcs.upload("a", DATA, headers=headers())
    reply = gcs.download("a", headers=headers())

    assert reply.content == DATA
    assert reply.headers["x-goog-encryption-key-sha256"] == headers()["x-goog-encryption-key-sha256"]


@pytest.mark.parametrize("asked", ["bytes=0-9", "bytes=17-50", "bytes=4096-", "bytes=-33", "bytes=100003-200001"])
def test_a_range_of_it_is_read_with_its_key(gcs, asked):
    gcs.upload("a", DATA, headers=headers())
    gcs.upload("plain", DATA)
    expected = gcs.download("plain", headers={"range": asked}).content

    assert gcs.download("a", headers={**headers(), "range": asked}).content == expected


def test_what_is_on_the_disk_is_encrypted_and_the_key_is_nowhere(gcs):
    gcs.upload("a", DATA, headers=headers())
    key = hashlib.sha256(b"k").digest()
    files = [path.read_bytes() for path in gcs.home.rglob("*") if path.is_file()]

    assert on_disk(gcs) != [DATA]
    assert not any(key in content or base64.b64encode(key) in content for content in files)


def test_the_same_bytes_under_the_same_key_differ_on_the_disk(gcs):
    gcs.upload("a", DATA, headers=headers())
    gcs.upload("b", DATA, headers=headers())

    assert len(set(on_disk(gcs))) == 2


def test_without_its_key_an_object_cannot_be_read(gcs):
    gcs.upload("a", DATA, headers=headers())

    assert told(gcs.download("a")) == IS_ENCRYPTED
    assert told(gcs.download("a", headers=headers(b"other"))) == IS_INCORRECT


def test_an_object_without_a_key_is_not_read_with_one(gcs):
    gcs.upload("a", DATA)

    assert told(gcs.download("a", headers=headers())) == IS_NOT_ENCRYPTED


def test_metadata_are_shown_without_the_key_but_for_the_digests(gcs):
    uploaded = gcs.upload("a", DATA, headers=headers()).json()
    without, with_key = resource(gcs, "a"), resource(gcs, "a", headers())
    listed = gcs("GET", "/storage/v1/b/lab-data/o").json()["items"][0]

    assert with_key == uploaded
    assert with_key["customerEncryption"] == {
        "encryptionAlgorithm": "AES256",
        "keySha256": headers()["x-goog-encryption-key-sha256"],
    }
    assert with_key["md5Hash"] == base64.b64encode(hashlib.md5(DATA).digest()).decode()
    assert {name: value for name, value in with_key.items() if name not in ("crc32c", "md5Hash")} == without == listed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"algorithm": "AES128"}, "customerEncryptionAlgorithmIsInvalid"),
        ({"algorithm": None}, "customerEncryptionAlgorithmIsInvalid"),
        ({"key": None}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key": "c2hvcnQ="}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key": "no base64"}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key_sha256": None}, "customerEncryptionKeySha256IsInvalid"),
        ({"key_sha256": "c2hvcnQ="}, "customerEncryptionKeySha256IsInvalid"),
    ],
)
def test_a_key_that_is_not_whole_is_refused(gcs, changes, expected):
    assert reason(gcs.upload("a", DATA, headers=headers(**changes))) == (400, expected)
    assert gcs.blobs_on_disk() == set()


def test_a_resumable_upload_goes_on_with_its_key_after_a_crash(gcs, crash):
    data = DATA * 3
    uri = gcs.begin("a", headers=headers())
    span = {"content-range": f"bytes 0-{KIB_256 - 1}/{len(data)}"}
    gcs("PUT", uri, headers={**headers(), **span}, content=data[:KIB_256])
    after = crash()
    rest = {"content-range": f"bytes {KIB_256}-{len(data) - 1}/{len(data)}"}

    without = after("PUT", uri, headers=rest, content=data[KIB_256:])
    wrong = after("PUT", uri, headers={**headers(b"other"), **rest}, content=data[KIB_256:])
    asked = after("PUT", uri, headers={"content-range": f"bytes */{len(data)}"})
    right = after("PUT", uri, headers={**headers(), **rest}, content=data[KIB_256:])

    assert reason(without) == (400, "resourceIsEncryptedWithCustomerEncryptionKey")
    assert reason(wrong) == (400, "customerEncryptionKeyIsIncorrect")
    assert (asked.status_code, asked.headers["range"]) == (308, f"bytes=0-{KIB_256 - 1}")
    assert right.status_code == 200
    assert after.download("a", headers=headers()).content == data


def rewrite(gcs, sent, source="a", target="b"):
    return gcs("POST", f"/storage/v1/b/lab-data/o/{source}/rewriteTo/b/lab-data/o/{target}", headers=sent, json={})


def test_a_rewrite_gives_an_object_another_key(gcs):
    gcs.upload("a", DATA, headers=headers(b"old"))
    reply = rewrite(gcs, {**source_headers(b"old"), **headers(b"new")}, target="a")

    assert reply.json()["done"]
    assert gcs.download("a", headers=headers(b"new")).content == DATA
    assert told(gcs.download("a", headers=headers(b"old"))) == IS_INCORRECT


def test_a_rewrite_takes_a_key_away_or_adds_one(gcs):
    gcs.upload("a", DATA, headers=headers())
    rewrite(gcs, source_headers(), "a", "plain")
    rewrite(gcs, headers(b"new"), "plain", "locked")

    assert gcs.download("plain").content == DATA
    assert "customerEncryption" not in resource(gcs, "plain")
    assert gcs.download("locked", headers=headers(b"new")).content == DATA


def test_a_copy_needs_the_key_of_its_source(gcs):
    gcs.upload("a", DATA, headers=headers())

    assert reason(rewrite(gcs, {})) == (400, "resourceIsEncryptedWithCustomerEncryptionKey")
    assert reason(rewrite(gcs, source_headers(b"other"))) == (400, "customerEncryptionKeyIsIncorrect")
    assert gcs.download("b").status_code == 404
    assert len(gcs.blobs_on_disk()) == 1


def test_objects_of_one_key_are_composed_under_it(gcs):
    gcs.upload("a", b"one ", headers=headers())
    gcs.upload("b", b"two", headers=headers())
    request = {"sourceObjects": [{"name": "a"}, {"name": "b"}]}
    path = "/storage/v1/b/lab-data/o/both/compose"

    assert reason(gcs("POST", path, json=request)) == (400, "resourceIsEncryptedWithCustomerEncryptionKey")
    assert gcs("POST", path, headers=headers(), json=request).status_code == 200
    assert gcs.download("both", headers=headers()).content == b"one two"


def test_the_key_is_no_part_of_what_is_printed(gcs):
    from labkit.localcloud.services.storage.customer_keys import CustomerKey

    assert repr(CustomerKey.from_headers(headers())) == "CustomerKey()"
