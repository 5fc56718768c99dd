import base64
import hashlib

import pytest

MIB = 1024 * 1024
LARGE = b"a" * (5 * MIB)


def test_parts_become_one_object_in_the_order_of_their_numbers(xml):
    upload = xml.begin("big", **{"content-type": "text/csv", "x-goog-meta-lab": "one"})
    last = xml.put_part("big", upload, 7, b"the end")
    first = xml.put_part("big", upload, 2, LARGE)
    done = xml.complete("big", upload, [(2, first), (7, last)])
    got = xml("GET", "/lab-data/big")

    assert done.status_code == 200
    assert xml.texts(done, "Location") == ["https://storage.googleapis.com/lab-data/big"]
    assert got.content == LARGE + b"the end"
    assert (got.headers["content-type"], got.headers["x-goog-meta-lab"]) == ("text/csv", "one")
    assert "md5" not in got.headers["x-goog-hash"]  # as on Google Cloud
    assert len(list(xml.blobs.ids())) == 1


def test_a_part_is_known_by_its_md5(xml):
    upload = xml.begin("big")

    assert xml.put_part("big", upload, 1, b"data") == f'"{hashlib.md5(b"data").hexdigest()}"'


def test_a_part_may_be_sent_again(xml):
    upload = xml.begin("big")
    xml.put_part("big", upload, 1, b"old")
    etag = xml.put_part("big", upload, 1, b"new")

    assert xml.complete("big", upload, [(1, etag)]).status_code == 200
    assert xml("GET", "/lab-data/big").content == b"new"


def test_a_part_that_was_damaged_is_not_taken(xml):
    upload = xml.begin("big")
    reply = xml(
        "PUT", f"/lab-data/big?partNumber=1&uploadId={upload}", headers={"x-goog-hash": "crc32c=AAAAAA=="}, content=b"x"
    )

    assert xml.refused(reply) == (400, "CrcMismatch")
    assert list(xml.blobs.ids()) == []


@pytest.mark.parametrize("number", ["0", "10001", "x"])
def test_a_part_has_a_number_from_1_to_10000(xml, number):
    upload = xml.begin("big")

    reply = xml("PUT", f"/lab-data/big?partNumber={number}&uploadId={upload}", content=b"x")
    assert xml.refused(reply) == (400, "InvalidArgument")


def test_what_cannot_be_completed(xml):
    upload = xml.begin("big")
    one = xml.put_part("big", upload, 1, b"small")
    two = xml.put_part("big", upload, 2, b"also small")

    assert xml.refused(xml.complete("big", upload, [(1, one), (2, two)])) == (400, "EntityTooSmall")
    assert xml.refused(xml.complete("big", upload, [(2, two), (1, one)])) == (400, "InvalidPartOrder")
    assert xml.refused(xml.complete("big", upload, [(1, two)])) == (400, "InvalidPart")
    assert xml.refused(xml.complete("big", upload, [(3, two)])) == (400, "InvalidPart")
    assert xml.refused(xml.complete("big", upload, [])) == (400, "MalformedXML")
    assert xml.complete("big", upload, [(1, one)]).status_code == 200  # and what is left out goes
    assert len(list(xml.blobs.ids())) == 1


def test_an_upload_that_is_over_is_not_there(xml):
    upload = xml.begin("big")
    etag = xml.put_part("big", upload, 1, b"x")

    assert xml("DELETE", f"/lab-data/big?uploadId={upload}").status_code == 204
    assert list(xml.blobs.ids()) == []
    assert xml.refused(xml.complete("big", upload, [(1, etag)])) == (404, "NoSuchUpload")
    assert xml.refused(xml("DELETE", f"/lab-data/big?uploadId={upload}")) == (404, "NoSuchUpload")
    late = xml("PUT", f"/lab-data/big?partNumber=1&uploadId={upload}", content=b"x")
    assert xml.refused(late) == (404, "NoSuchUpload")


def test_an_upload_belongs_to_one_object(xml):
    upload = xml.begin("big")

    reply = xml("PUT", f"/lab-data/other?partNumber=1&uploadId={upload}", content=b"x")
    assert xml.refused(reply) == (404, "NoSuchUpload")


def test_a_condition_is_asked_when_the_object_is_made(xml):
    xml.put("big", b"here")
    upload = xml.begin("big")
    etag = xml.put_part("big", upload, 1, b"x")
    document = f"<C><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></C>".encode()
    path = f"/lab-data/big?uploadId={upload}"

    refused = xml("POST", path, headers={"x-goog-if-generation-match": "0"}, content=document)
    assert xml.refused(refused) == (412, "PreconditionFailed")
    assert xml("POST", path, content=document).status_code == 200


def test_parts_are_listed_page_by_page(xml):
    upload = xml.begin("big")
    for number in (3, 1, 2):
        xml.put_part("big", upload, number, b"x" * number)
    first = xml("GET", f"/lab-data/big?uploadId={upload}&max-parts=2")
    rest = xml("GET", f"/lab-data/big?uploadId={upload}&part-number-marker=2")

    assert xml.texts(first, "}PartNumber") == ["1", "2"]
    assert (xml.texts(first, "IsTruncated"), xml.texts(first, "NextPartNumberMarker")) == (["true"], ["2"])
    assert (xml.texts(rest, "}PartNumber"), xml.texts(rest, "Size")) == (["3"], ["3"])


def test_uploads_under_way_are_listed_page_by_page(xml):
    ids = {name: xml.begin(name) for name in ("b", "a", "dir/c")}
    first = xml("GET", "/lab-data?uploads&max-uploads=2")
    marker, id_marker = xml.texts(first, "NextKeyMarker")[0], xml.texts(first, "NextUploadIdMarker")[0]
    rest = xml("GET", f"/lab-data?uploads&key-marker={marker}&upload-id-marker={id_marker}")

    assert (xml.texts(first, "}Key"), xml.texts(rest, "}Key")) == (["a", "b"], ["dir/c"])
    assert xml.texts(rest, "}UploadId") == [ids["dir/c"]]
    assert xml.texts(xml("GET", "/lab-data?uploads&prefix=dir/"), "}Key") == ["dir/c"]


def test_parts_survive_the_removal_of_what_nobody_owns(xml):
    upload = xml.begin("big")
    etag = xml.put_part("big", upload, 1, b"data")
    xml.storage._remove_what_nobody_owns()

    assert xml.complete("big", upload, [(1, etag)]).status_code == 200
    assert xml("GET", "/lab-data/big").content == b"data"


def test_an_upload_takes_its_own_permission(xml):
    upload = xml.begin("big")
    xml.access.only = {("storage.objects.create", "projects/_/buckets/lab-data/objects/big")}

    assert xml.refused(xml("POST", "/lab-data/big?uploads")) == (403, "AccessDenied")
    reply = xml("PUT", f"/lab-data/big?partNumber=1&uploadId={upload}", content=b"x")
    assert xml.refused(reply) == (403, "AccessDenied")
    assert xml.refused(xml("GET", "/lab-data?uploads")) == (403, "AccessDenied")


def test_parts_may_be_encrypted_with_one_key(xml):
    key = base64.b64encode(bytes(32)).decode()
    headers = {
        "x-goog-encryption-algorithm": "AES256",
        "x-goog-encryption-key": key,
        "x-goog-encryption-key-sha256": base64.b64encode(hashlib.sha256(bytes(32)).digest()).decode(),
    }
    upload = xml.begin("big", **headers)
    path = f"/lab-data/big?uploadId={upload}"
    etags = [
        xml("PUT", f"{path}&partNumber={number}", headers=headers, content=data).headers["etag"]
        for number, data in ((1, LARGE), (2, b"the end"))
    ]
    parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in enumerate(etags, 1))
    document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()

    assert xml.refused(xml("POST", path, content=document))[0] == 400
    assert xml("POST", path, headers=headers, content=document).status_code == 200
    assert xml("GET", "/lab-data/big", headers=headers).content == LARGE + b"the end"
    assert not any(LARGE[:100] in xml.blobs.path(blob_id).read_bytes() for blob_id in xml.blobs.ids())


def test_nobody_overwrites_what_they_may_not_delete(xml):
    xml.put("big", b"here")
    upload = xml.begin("big")
    etag = xml.put_part("big", upload, 1, b"x")
    name = "projects/_/buckets/lab-data/objects/big"
    xml.access.only = {("storage.multipartUploads.create", name), ("storage.objects.create", name)}

    assert xml.refused(xml.complete("big", upload, [(1, etag)])) == (403, "AccessDenied")
