import email
import json

import pytest


@pytest.fixture
def batch(gcs):
    """Sends calls in one request; returns `(Content-ID, status, JSON)` of each answer."""

    def send(*calls, headers=None):
        parts = "".join(
            f"--b\r\nContent-Type: application/http\r\nContent-ID: <call+{number}>\r\n\r\n{call}\r\n"
            for number, call in enumerate(calls)
        )
        reply = gcs(
            "POST",
            "/batch/storage/v1",
            headers={"content-type": 'multipart/mixed; boundary="b"', **(headers or {})},
            content=f"{parts}--b--\r\n".encode(),
        )
        if reply.status_code != 200:
            return reply
        message = email.message_from_bytes(
            f"content-type: {reply.headers['content-type']}\n\n".encode() + reply.content
        )
        return [answer(part) for part in message.get_payload()]

    return send


def answer(part):
    head, _, body = part.get_payload(decode=True).decode().partition("\r\n\r\n")
    return part["content-id"], int(head.split(" ")[1]), json.loads(body) if body.strip() else None


def test_calls_are_answered_in_their_order_by_their_ids(gcs, batch):
    gcs.upload("a", b"1")
    answers = batch(
        "PATCH /storage/v1/b/lab-data/o/a HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        '{"metadata": {"lab": "one"}}',
        "GET /storage/v1/b/lab-data/o/a HTTP/1.1\r\n\r\n",
        "GET https://storage.googleapis.com/storage/v1/b/lab-data/o/nothing HTTP/1.1\r\n\r\n",
        "DELETE /storage/v1/b/lab-data/o/a HTTP/1.1\r\n\r\n",
    )

    assert [(content_id, status) for content_id, status, _ in answers] == [
        ("<response-call+0>", 200),
        ("<response-call+1>", 200),
        ("<response-call+2>", 404),
        ("<response-call+3>", 204),
    ]
    assert answers[1][2]["metadata"] == {"lab": "one"}
    assert answers[2][2]["error"]["message"] == "No such object: lab-data/nothing"
    assert gcs.download("a").status_code == 404


def test_lines_may_end_as_gsutil_ends_them(gcs, batch):
    gcs.upload("a", b"1")

    assert batch("GET /storage/v1/b/lab-data/o/a HTTP/1.1\nAccept: application/json\n\n")[0][1] == 200


def test_a_query_is_kept(gcs, batch):
    gcs.upload("a", b"1")

    (found,) = batch("GET /storage/v1/b/lab-data/o/a?fields=name,size HTTP/1.1\r\n\r\n")
    assert found[2] == {"name": "a", "size": "1"}


def test_the_caller_of_the_batch_makes_its_calls_unless_they_bring_a_token(gcs, batch):
    gcs.upload("a", b"1")
    get = "GET /storage/v1/b/lab-data/o/a HTTP/1.1\r\n"

    answers = batch(f"{get}\r\n", f"{get}Authorization: Bearer stranger@example.com\r\n\r\n")

    assert [status for _, status, _ in answers] == [200, 403]


@pytest.mark.parametrize(
    "call",
    [
        "POST /upload/storage/v1/b/lab-data/o?uploadType=media&name=x HTTP/1.1\r\n\r\ndata",
        "GET /storage/v1/b/lab-data/o/a?alt=media HTTP/1.1\r\n\r\n",
        "POST /batch/storage/v1 HTTP/1.1\r\n\r\n",
    ],
)
def test_no_uploads_downloads_or_batches_in_a_batch(batch, call):
    ((_, status, body),) = batch(call)

    assert status == 400
    assert "A batch cannot hold" in body["error"]["message"]


def test_at_most_a_hundred_calls(batch):
    get = "GET /storage/v1/b/lab-data HTTP/1.1\r\n\r\n"

    assert {status for _, status, _ in batch(*[get] * 100)} == {200}
    assert batch(*[get] * 101).status_code == 400


@pytest.mark.parametrize("content_type", ["application/json", "multipart/mixed", ""])
def test_what_is_no_batch_is_refused(gcs, content_type):
    reply = gcs("POST", "/batch/storage/v1", headers={"content-type": content_type}, content=b"{}")

    assert reply.status_code == 400


def test_a_part_that_is_no_request_is_refused(batch):
    assert batch("nonsense").status_code == 400
