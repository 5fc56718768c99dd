"""Uploads: where a resumable one stands, and who wins a race."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core import exceptions

pytestmark = pytest.mark.operation("uploads")

KIB = 1024


def test_a_resumable_upload_says_where_it_stands_and_goes_on(blob, session):
    data = os.urandom(512 * KIB + 1)
    uri = blob.create_resumable_upload_session(content_type="application/x-digits", size=len(data))

    def put(content_range, body=b""):
        return session.put(uri, data=body, headers={"content-range": content_range}, allow_redirects=False)

    empty = put(f"bytes */{len(data)}")
    assert (empty.status_code, "range" in empty.headers) == (308, False)
    put(f"bytes 0-{256 * KIB - 1}/{len(data)}", data[: 256 * KIB])
    begun = put(f"bytes */{len(data)}")
    assert (begun.status_code, begun.headers["range"]) == (308, f"bytes=0-{256 * KIB - 1}")
    assert not blob.exists()

    done = put(f"bytes {256 * KIB}-{len(data) - 1}/{len(data)}", data[256 * KIB :])
    assert (done.status_code, done.json()["size"]) == (200, str(len(data)))
    assert put(f"bytes */{len(data)}").json()["generation"] == done.json()["generation"]
    blob.reload()
    assert (blob.download_as_bytes(), blob.content_type) == (data, "application/x-digits")


def test_of_eight_who_create_at_once_one_wins(bucket):
    name = f"operations/{secrets.token_hex(6)}"

    def create(number):
        try:
            bucket.blob(name).upload_from_string(str(number), if_generation_match=0)
        except exceptions.PreconditionFailed:
            return ""
        return str(number)

    with ThreadPoolExecutor(8) as writers:
        (winner,) = filter(None, writers.map(create, range(8)))

    assert bucket.blob(name).download_as_text() == winner
