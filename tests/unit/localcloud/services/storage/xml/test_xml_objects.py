import base64
import gzip
import hashlib

import pytest

from labkit.localcloud.errors import ApiError


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def test_an_object_comes_back_with_what_was_said_of_it(xml):
    put = xml.put("dir/a.csv", b"1,2", content_type="text/csv", cache_control="no-store", x_goog_meta_lab="one")
    got = xml("GET", "/lab-data/dir/a.csv")

    assert got.content == b"1,2"
    assert got.headers["content-type"] == "text/csv"
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-goog-meta-lab"] == "one"
    assert got.headers["etag"] == put.headers["etag"] == f'"{hashlib.md5(b"1,2").hexdigest()}"'
    assert got.headers["x-goog-hash"] == put.headers["x-goog-hash"]
    assert got.headers["x-goog-generation"] == put.headers["x-goog-generation"]
    assert got.headers["x-goog-stored-content-length"] == "3"
    assert got.headers["x-goog-storage-class"] == "STANDARD"


def test_the_bucket_may_be_in_the_host_name(xml):
    xml("PUT", "/dir/a", host="lab-data.storage.googleapis.com", content=b"x")

    assert xml("GET", "/lab-data/dir/a").content == b"x"
    assert xml("GET", "/dir/a", host="lab-data.storage.googleapis.com").content == b"x"


def test_a_name_with_every_kind_of_character_is_kept(xml):
    xml("PUT", "/lab-data/a%20b%2Fc%3Fd%23%C3%A9+f", content=b"x")

    assert [stored.address.name for stored in xml.storage.walk("lab-data")] == ["a b/c?d#é+f"]


def test_metadata_may_hold_any_text(xml):
    xml("PUT", "/lab-data/a", headers={"x-goog-meta-name": "é".encode()}, content=b"x")

    assert xml("GET", "/lab-data/a").headers["x-goog-meta-name"] == "é"
    assert next(xml.storage.walk("lab-data")).attributes.custom == {"name": "é"}


def test_head_gives_the_headers_alone(xml):
    xml.put("a", b"12345")
    reply = xml("HEAD", "/lab-data/a")

    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (200, b"", "5")


@pytest.mark.parametrize(
    ("asked", "status", "content", "said"),
    [
        ("bytes=1-2", 206, b"12", "bytes 1-2/6"),
        ("bytes=4-", 206, b"45", "bytes 4-5/6"),
        ("bytes=-2", 206, b"45", "bytes 4-5/6"),
        ("bytes=2-1", 200, b"012345", None),
    ],
)
def test_a_range(xml, asked, status, content, said):
    xml.put("a", b"012345")
    reply = xml("GET", "/lab-data/a", headers={"range": asked})

    assert (reply.status_code, reply.content, reply.headers.get("content-range")) == (status, content, said)


def test_a_range_past_the_end_is_refused(xml):
    xml.put("a", b"012345")

    assert xml.refused(xml("GET", "/lab-data/a", headers={"range": "bytes=6-"})) == (416, "InvalidRange")


def test_what_is_not_there_is_named(xml):
    assert xml.refused(xml("GET", "/lab-data/nothing")) == (404, "NoSuchKey")
    assert xml.refused(xml("GET", "/no-such-bucket/a")) == (404, "NoSuchBucket")
    assert xml.refused(xml("PUT", "/no-such-bucket/a", content=b"x")) == (404, "NoSuchBucket")
    assert xml.refused(xml("DELETE", "/lab-data/nothing")) == (404, "NoSuchKey")
    assert xml("HEAD", "/lab-data/nothing").status_code == 404


def test_a_deleted_object_is_gone(xml):
    xml.put("a", b"x")

    assert xml("DELETE", "/lab-data/a").status_code == 204
    assert xml("GET", "/lab-data/a").status_code == 404


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("content-md5", md5(b"other"), "BadDigest"),
        ("x-goog-hash", f"md5={md5(b'other')}", "BadDigest"),
        ("x-goog-hash", "crc32c=AAAAAA==", "CrcMismatch"),
        ("content-md5", "no base64!", "InvalidArgument"),
        ("x-goog-content-sha256", "0" * 64, "BadDigest"),
    ],
)
def test_bytes_that_are_not_those_meant_are_not_stored(xml, header, value, code):
    reply = xml("PUT", "/lab-data/a", headers={header: value}, content=b"data")

    assert xml.refused(reply) == (400, code)
    assert xml("GET", "/lab-data/a").status_code == 404
    assert list(xml.blobs.ids()) == []


def test_bytes_that_are_those_meant_are_stored(xml):
    sha256 = hashlib.sha256(b"data").hexdigest()
    xml.put("a", b"data", content_md5=md5(b"data"), x_goog_content_sha256=sha256)

    assert xml("GET", "/lab-data/a").content == b"data"


def test_a_generation_may_be_demanded(xml):
    generation = xml.put("a", b"one").headers["x-goog-generation"]
    stale = xml("PUT", "/lab-data/a", headers={"x-goog-if-generation-match": "0"}, content=b"two")
    right = xml("PUT", "/lab-data/a", headers={"x-goog-if-generation-match": generation}, content=b"two")

    assert xml.refused(stale) == (412, "PreconditionFailed")
    assert right.status_code == 200
    assert xml.refused(xml("GET", f"/lab-data/a?generation={generation}")) == (404, "NoSuchKey")


def test_an_etag_may_be_demanded_or_known(xml):
    etag = xml.put("a", b"one").headers["etag"]

    assert xml("GET", "/lab-data/a", headers={"if-match": etag}).status_code == 200
    assert xml("GET", "/lab-data/a", headers={"if-none-match": etag}).status_code == 304
    assert xml.refused(xml("GET", "/lab-data/a", headers={"if-match": '"other"'})) == (412, "PreconditionFailed")


def test_a_copy_takes_after_its_source_unless_told_otherwise(xml):
    xml.put("a", b"data", content_type="text/csv", x_goog_meta_lab="one")
    kept = xml("PUT", "/lab-data/b", headers={"x-goog-copy-source": "/lab-data/a"})
    xml(
        "PUT",
        "/lab-data/c",
        headers={
            "x-goog-copy-source": "lab-data%2Fa",
            "x-goog-metadata-directive": "REPLACE",
            "content-type": "text/plain",
        },
    )

    assert xml.texts(kept, "ETag") == [f'"{hashlib.md5(b"data").hexdigest()}"']
    assert xml("GET", "/lab-data/b").headers["content-type"] == "text/csv"
    replaced = xml("GET", "/lab-data/c")
    assert (replaced.content, replaced.headers["content-type"]) == (b"data", "text/plain")
    assert "x-goog-meta-lab" not in replaced.headers


def test_a_copy_may_demand_a_generation_of_its_source(xml):
    xml.put("a", b"data")
    headers = {"x-goog-copy-source": "/lab-data/a", "x-goog-copy-source-if-generation-match": "1"}

    assert xml.refused(xml("PUT", "/lab-data/b", headers=headers)) == (412, "PreconditionFailed")


def test_a_copy_source_names_an_object(xml):
    reply = xml("PUT", "/lab-data/b", headers={"x-goog-copy-source": "/lab-data"})

    assert xml.refused(reply) == (400, "InvalidArgument")


def test_objects_are_composed_in_the_order_of_their_names_in_the_document(xml):
    xml.put("one", b"1")
    xml.put("two", b"2")
    document = (
        b"<ComposeRequest><Component><Name>two</Name></Component><Component><Name>one</Name></Component>"
        b"</ComposeRequest>"
    )
    reply = xml("PUT", "/lab-data/both?compose", headers={"content-type": "text/plain"}, content=document)

    assert reply.status_code == 200
    assert reply.headers["x-goog-component-count"] == "2"
    assert xml("GET", "/lab-data/both").content == b"21"


def test_a_url_may_say_how_a_download_is_to_be_shown(xml):
    xml.put("a", b"x")
    reply = xml("GET", "/lab-data/a?response-content-type=text/html&response-content-disposition=inline")

    assert (reply.headers["content-type"], reply.headers["content-disposition"]) == ("text/html", "inline")


class TestGzip:
    @pytest.fixture(autouse=True)
    def stored(self, xml):
        self.plain = b"a line of text\n" * 200_000
        self.packed = gzip.compress(self.plain)
        xml.put("a.txt", self.packed, content_type="text/plain", content_encoding="gzip")

    def test_is_unpacked_for_a_client_that_cannot(self, xml):
        reply = xml("GET", "/lab-data/a.txt", headers={"range": "bytes=0-1"})

        assert (reply.status_code, reply.content) == (200, self.plain)  # the range is ignored
        assert not {"content-encoding", "content-length"} & set(reply.headers)
        assert reply.headers["x-goog-stored-content-encoding"] == "gzip"
        assert reply.headers["x-goog-stored-content-length"] == str(len(self.packed))
        assert reply.headers["warning"] == "214 UploadServer gunzipped"

    def test_goes_out_as_it_is_to_a_client_that_can(self, xml):
        reply = xml("GET", "/lab-data/a.txt", headers={"accept-encoding": "gzip, deflate"})

        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["content-length"] == str(len(self.packed))
        assert reply.content == self.plain  # httpx unpacks it

    def test_is_left_alone_where_the_object_forbids_transforming(self, xml):
        xml.put("b", self.packed, content_encoding="gzip", cache_control="no-transform")

        assert xml("HEAD", "/lab-data/b").headers["content-encoding"] == "gzip"


def encryption(secret):
    """The headers of a customer's key."""
    key = hashlib.sha256(secret).digest()
    return {
        "x-goog-encryption-algorithm": "AES256",
        "x-goog-encryption-key": base64.b64encode(key).decode(),
        "x-goog-encryption-key-sha256": base64.b64encode(hashlib.sha256(key).digest()).decode(),
    }


def test_an_object_with_a_customers_key(xml):
    xml("PUT", "/lab-data/a", headers=encryption(b"k"), content=b"secret")
    head = xml("HEAD", "/lab-data/a")

    assert xml("GET", "/lab-data/a", headers=encryption(b"k")).content == b"secret"
    wrong = xml("GET", "/lab-data/a", headers=encryption(b"other"))
    assert xml.refused(wrong) == (400, "CustomerEncryptionKeyIsIncorrect")
    missing = xml("GET", "/lab-data/a")
    assert xml.refused(missing) == (400, "ResourceIsEncryptedWithCustomerEncryptionKey")
    assert "x-goog-hash" not in head.headers
    assert hashlib.md5(b"secret").hexdigest() not in head.headers["etag"]


def test_the_permission_of_each_kind_of_request_is_asked_for(xml):
    xml.put("a", b"x")
    xml.access.only = {("storage.objects.get", "projects/_/buckets/lab-data/objects/a")}

    assert xml("GET", "/lab-data/a").status_code == 200
    assert xml.refused(xml("PUT", "/lab-data/a", content=b"y")) == (403, "AccessDenied")
    assert xml.refused(xml("DELETE", "/lab-data/a")) == (403, "AccessDenied")
    assert xml.refused(xml("GET", "/lab-data")) == (403, "AccessDenied")
    assert xml.refused(xml("PUT", "/lab-data/b", headers={"x-goog-copy-source": "/lab-data/a"})) == (
        403,
        "AccessDenied",
    )
    assert xml("GET", "/lab-data/a").content == b"x"


def test_that_an_object_is_missing_is_told_to_those_who_may_list(xml):
    xml.access.only = {("storage.objects.get", "projects/_/buckets/lab-data/objects/nothing")}

    assert xml.refused(xml("GET", "/lab-data/nothing")) == (403, "AccessDenied")


def test_a_caller_nobody_knows_is_told_what_is_missing(xml):
    xml.access.only = set()
    reply = xml("GET", "/lab-data/a", headers={"authorization": None})

    assert xml.refused(reply) == (403, "AccessDenied")
    assert "Anonymous caller does not have storage.objects.get access" in xml.texts(reply, "Details")[0]


def test_a_bad_token_is_refused(xml, monkeypatch):
    def refuse(authorization, service):
        from labkit.localcloud.errors import Code

        raise ApiError(Code.UNAUTHENTICATED, "Invalid Credentials")

    monkeypatch.setattr(xml.api._callers._authenticator, "authenticate", refuse)

    assert xml.refused(xml("GET", "/lab-data/a")) == (401, "AuthenticationRequired")


def test_what_is_not_written_is_refused_by_name(xml):
    reply = xml("GET", "/lab-data?torrent")

    assert xml.refused(reply) == (501, "NotImplemented")
    assert "GET /{bucket}?torrent" in xml.texts(reply, "Details")[0]


def test_a_document_that_is_no_xml_or_defines_entities_is_refused(xml):
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><ComposeRequest><Component><Name>&b;</Name></Component></ComposeRequest>'

    for document in (b"<ComposeRequest>", bomb, b""):
        assert xml.refused(xml("PUT", "/lab-data/a?compose", content=document)) == (400, "MalformedXML")
