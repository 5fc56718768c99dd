import base64
import hashlib

import google_crc32c
import pytest

METADATA = b'{"name": "train/digits.csv", "contentType": "text/csv", "metadata": {"rows": "2"}}'
DATA = b"0,1\r\n--==not-the-boundary\n2,3\n"


def crc32c(data):
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def message(reply):
    return reply.status_code, reply.json()["error"]["message"]


def python_client(data=DATA, metadata=METADATA):
    """As google-cloud-storage 3 sends it: CRLF, quoted boundary."""
    body = (
        b"--===============0123==\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n"
        + metadata
        + b"\r\n--===============0123==\r\ncontent-type: text/plain\r\n\r\n"
        + data
        + b"\r\n--===============0123==--"
    )
    return b'multipart/related; boundary="===============0123=="', body


def gcloud(data=DATA, metadata=METADATA):
    """As gcloud 528 sends it, by apitools: LF only, boundary in Python's quotes, MIME headers."""
    body = (
        b"--===============4567==\nContent-Type: application/json\nMIME-Version: 1.0\n\n"
        + metadata
        + b"\n--===============4567==\nContent-Type: text/csv\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\n"
        + data
        + b"\n--===============4567==--"
    )
    return b"multipart/related; boundary='===============4567=='", body


def in_pieces(body, size):
    async def pieces():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return pieces()


def multipart(gcs, content_type, body, query="", piece=7):
    return gcs(
        "POST",
        f"/upload/storage/v1/b/lab-data/o?uploadType=multipart{query}",
        headers={"content-type": content_type, "content-length": str(len(body))},
        content=in_pieces(body, piece),
    )


@pytest.mark.parametrize("client", [python_client, gcloud])
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_multipart_upload_is_stored_however_it_arrives(gcs, client, piece):
    reply = multipart(gcs, *client(), piece=piece)

    assert reply.status_code == 200
    resource = reply.json()
    assert (resource["name"], resource["size"]) == ("train/digits.csv", str(len(DATA)))
    assert (resource["contentType"], resource["metadata"]) == ("text/csv", {"rows": "2"})
    assert (resource["crc32c"], resource["md5Hash"]) == (crc32c(DATA), md5(DATA))
    assert gcs.download("train/digits.csv").content == DATA


@pytest.mark.parametrize("client", [python_client, gcloud])
@pytest.mark.parametrize("data", [b"", b"\r", b"\n", b"\r\n", b"x\r", b"--", b"\n--===============0123="])
def test_multipart_data_keeps_its_own_line_ends(gcs, client, data):
    multipart(gcs, *client(data), piece=3)

    assert gcs.download("train/digits.csv").content == data


def test_an_object_of_many_pieces_is_stored_in_order(gcs):
    data = b"".join(number.to_bytes(4, "big") for number in range(1_000_000))
    multipart(gcs, *python_client(data), piece=300_000)

    assert gcs.download("train/digits.csv").content == data


def test_without_a_type_in_the_metadata_the_part_says_it(gcs):
    assert multipart(gcs, *python_client(metadata=b'{"name": "a"}')).json()["contentType"] == "text/plain"


def test_a_name_in_the_query_counts_before_the_metadata(gcs):
    assert multipart(gcs, *python_client(), query="&name=other").json()["name"] == "other"


def test_a_multipart_upload_that_breaks_off_stores_nothing(gcs):
    content_type, body = python_client()
    reply = multipart(gcs, content_type, body[:-6])

    assert message(reply) == (400, "Missing end boundary in multipart body.")
    assert gcs.download("train/digits.csv").status_code == 404
    assert gcs.blobs_on_disk() == set()


def test_a_multipart_upload_needs_a_boundary(gcs):
    reply = multipart(gcs, b"application/json", b"{}")

    assert reply.status_code == 400
    assert "application/json" in message(reply)[1]


def test_multipart_metadata_that_is_no_json_is_refused(gcs):
    assert multipart(gcs, *python_client(metadata=b"{'name'}")).json()["error"]["errors"][0]["reason"] == "parseError"


@pytest.mark.parametrize(
    "promise",
    [
        {"headers": {"x-goog-hash": f"crc32c={crc32c(b'right')}"}},
        {"headers": {"x-goog-hash": f"crc32c={crc32c(b'wrong')},md5={md5(b'right')}"}},
    ],
)
def test_bytes_that_are_not_those_promised_are_not_stored(gcs, promise):
    reply = gcs.upload("a", b"wrong", **promise)

    assert reply.status_code == 400
    assert "doesn't match calculated" in message(reply)[1]
    assert gcs.download("a").status_code == 404
    assert gcs.blobs_on_disk() == set()


def test_a_wrong_checksum_in_the_metadata_leaves_the_old_object(gcs):
    gcs.upload("a", b"old")
    metadata = b'{"name": "a", "md5Hash": "%s"}' % md5(b"other").encode()
    reply = multipart(gcs, *python_client(b"new", metadata))

    assert message(reply) == (
        400,
        f'Provided MD5 hash "{md5(b"other")}" doesn\'t match calculated MD5 hash "{md5(b"new")}".',
    )
    assert gcs.download("a").content == b"old"
    assert len(gcs.blobs_on_disk()) == 1


def test_a_checksum_that_is_no_checksum_is_refused(gcs):
    reply = gcs.upload("a", b"x", headers={"x-goog-hash": "crc32c=AAAA"})

    assert message(reply) == (400, "Invalid crc32c 'AAAA': it is not 4 bytes in base64.")


def test_right_checksums_pass(gcs):
    reply = gcs.upload("a", b"x", headers={"x-goog-hash": f"crc32c={crc32c(b'x')},md5={md5(b'x')}"})

    assert reply.status_code == 200


def test_an_object_needs_a_name(gcs):
    reply = gcs("POST", "/upload/storage/v1/b/lab-data/o?uploadType=media", content=b"x")

    assert message(reply) == (400, "Required parameter: name")


def test_an_unknown_kind_of_upload_is_refused(gcs):
    reply = gcs("POST", "/upload/storage/v1/b/lab-data/o?uploadType=magic&name=a", content=b"x")

    assert message(reply) == (400, "Invalid upload type 'magic'. Use media, multipart or resumable.")
