import asyncio

import pytest

MIB = 1024 * 1024
KIB_256 = 256 * 1024
DATA = bytes(range(256)) * (KIB_256 // 256) * 3 + b"the end"  # three chunks and a bit


def chunk(gcs, uri, first, data, total="*", headers=None):
    content_range = f"bytes {first}-{first + len(data) - 1}/{total}"
    return gcs("PUT", uri, headers={"content-range": content_range, **(headers or {})}, content=data)


def status(gcs, uri, total="*"):
    return gcs("PUT", uri, headers={"content-range": f"bytes */{total}"})


def send_all(gcs, uri, data=DATA):
    for first in range(0, len(data), KIB_256):
        reply = chunk(gcs, uri, first, data[first : first + KIB_256], len(data))
    return reply


def test_a_session_is_a_uri_under_the_host_the_client_used(gcs):
    uri = gcs.begin("a")

    assert uri.startswith(
        "https://storage.googleapis.com/upload/storage/v1/b/lab-data/o?uploadType=resumable&upload_id="
    )


def test_gcloud_gets_its_session_under_resumable(gcs):
    reply = gcs(
        "POST",
        "/resumable/upload/storage/v1/b/lab-data/o?uploadType=resumable&name=a",
        json={"contentType": "text/csv"},
    )
    uri = reply.headers["location"]

    assert uri.startswith("https://storage.googleapis.com/resumable/upload/storage/v1/b/lab-data/o?")
    assert gcs("PUT", uri, content=b"all of it").json()["contentType"] == "text/csv"


def test_chunks_of_a_known_size_make_an_object(gcs):
    uri = gcs.begin("big", contentType="application/x-torch", metadata={"epoch": "3"})
    reply = send_all(gcs, uri)

    assert reply.status_code == 200
    assert (reply.json()["size"], reply.json()["contentType"]) == (str(len(DATA)), "application/x-torch")
    assert reply.json()["metadata"] == {"epoch": "3"}
    assert gcs.download("big").content == DATA


def test_gcsfs_sends_chunks_by_post(gcs):
    uri = gcs.begin("big")
    first = {"content-range": f"bytes 0-{KIB_256 - 1}/*"}
    assert gcs("POST", uri, headers=first, content=DATA[:KIB_256]).headers["range"] == "bytes=0-262143"

    assert gcs("POST", uri, headers={"content-range": f"bytes */{KIB_256}"}).json()["size"] == str(KIB_256)


def test_a_chunk_is_acknowledged_by_308_and_the_range_received(gcs):
    uri = gcs.begin("big")
    reply = chunk(gcs, uri, 0, DATA[:KIB_256])

    assert (reply.status_code, reply.headers["range"], reply.content) == (308, "bytes=0-262143", b"")
    assert status(gcs, uri).headers["range"] == "bytes=0-262143"
    assert gcs.download("big").status_code == 404


def test_a_session_without_bytes_has_no_range(gcs):
    reply = status(gcs, gcs.begin("big"))

    assert reply.status_code == 308
    assert "range" not in reply.headers


def test_the_size_may_be_known_only_at_the_end(gcs):
    """As `upload_from_file` of a stream and `gcloud storage cp -` send it."""
    uri = gcs.begin("stream")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    reply = chunk(gcs, uri, KIB_256, DATA[KIB_256:], len(DATA))

    assert reply.status_code == 200
    assert gcs.download("stream").content == DATA


def test_a_stream_that_turns_out_to_have_ended_is_closed_by_its_size(gcs):
    uri = gcs.begin("stream")
    chunk(gcs, uri, 0, DATA[:KIB_256])

    assert status(gcs, uri, total=KIB_256).json()["size"] == str(KIB_256)


def test_an_empty_object_is_uploaded_without_bytes(gcs):
    assert status(gcs, gcs.begin("empty"), total=0).json()["size"] == "0"


def test_one_request_without_a_range_brings_everything(gcs):
    uri = gcs.begin("whole", headers={"x-upload-content-type": "text/csv", "x-upload-content-length": "5"})

    assert gcs("PUT", uri, content=b"whole").json()["contentType"] == "text/csv"


def test_go_gets_its_308_as_a_200_that_says_so(gcs):
    reply = chunk(gcs, gcs.begin("big"), 0, DATA[:KIB_256], headers={"x-guploader-no-308": "yes"})

    assert (reply.status_code, reply.headers["x-http-status-code-override"]) == (200, "308")
    assert reply.headers["range"] == "bytes=0-262143"


def test_only_whole_quanta_of_an_unfinished_upload_are_kept(gcs):
    uri = gcs.begin("big")
    reply = chunk(gcs, uri, 0, DATA[: KIB_256 + 1000])

    assert reply.headers["range"] == "bytes=0-262143"
    chunk(gcs, uri, KIB_256, DATA[KIB_256:], len(DATA))
    assert gcs.download("big").content == DATA


def test_bytes_sent_twice_count_once(gcs):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[: 2 * KIB_256])
    chunk(gcs, uri, KIB_256, DATA[KIB_256:], len(DATA))

    assert gcs.download("big").content == DATA


def test_a_gap_is_refused_and_the_session_goes_on(gcs):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    reply = chunk(gcs, uri, 2 * KIB_256, DATA[2 * KIB_256 :], len(DATA))

    assert reply.status_code == 503
    assert "upload offset is 524288 byte(s), which exceeds already uploaded size of 262144" in reply.text
    chunk(gcs, uri, KIB_256, DATA[KIB_256:], len(DATA))
    assert gcs.download("big").content == DATA


def test_more_bytes_than_announced_are_refused(gcs):
    uri = gcs.begin("big")
    reply = gcs("PUT", uri, headers={"content-range": "bytes 0-3/4"}, content=b"12345")

    assert reply.status_code == 400
    assert gcs.download("big").status_code == 404


@pytest.mark.parametrize("header", ["bytes", "0-3/4", "bytes 0-3", "items 0-3/4"])
def test_a_bad_content_range_is_named(gcs, header):
    reply = gcs("PUT", gcs.begin("big"), headers={"content-range": header}, content=b"1234")

    assert reply.status_code == 400
    assert f"'{header}'" in reply.json()["error"]["message"]


def test_asked_again_after_its_end_a_session_gives_the_same_object(gcs):
    """A client that lost the reply to its last chunk repeats it."""
    uri = gcs.begin("big", params={"ifGenerationMatch": "0"})
    stored = send_all(gcs, uri).json()

    assert chunk(gcs, uri, 3 * KIB_256, DATA[3 * KIB_256 :], len(DATA)).json() == stored
    assert status(gcs, uri, len(DATA)).json() == stored


def test_a_precondition_is_checked_at_the_start(gcs):
    gcs.upload("once")
    reply = gcs(
        "POST",
        "/upload/storage/v1/b/lab-data/o?uploadType=resumable&ifGenerationMatch=0",
        json={"name": "once"},
    )

    assert reply.status_code == 412


def test_a_precondition_is_checked_again_at_the_end(gcs):
    uri = gcs.begin("once", params={"ifGenerationMatch": "0"})
    gcs.upload("once", b"somebody was faster")

    assert send_all(gcs, uri).status_code == 412
    assert gcs.download("once").content == b"somebody was faster"
    assert len(gcs.blobs_on_disk()) == 1


def test_a_wrong_checksum_ends_the_session_and_stores_nothing(gcs):
    uri = gcs.begin("big")
    reply = chunk(gcs, uri, 0, b"data", 4, headers={"x-goog-hash": "crc32c=AAAAAA=="})

    assert reply.status_code == 400
    assert 'Provided CRC32C "AAAAAA=="' in reply.json()["error"]["message"]
    assert status(gcs, uri).status_code == 404
    assert gcs.blobs_on_disk() == set()


def test_a_cancelled_session_is_gone_with_its_bytes(gcs):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])

    assert gcs("DELETE", uri).status_code == 499
    assert status(gcs, uri).status_code == 404
    assert gcs.blobs_on_disk() == set()


def test_a_session_expires_after_a_week(gcs, clock, crash):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    clock.advance(days=7)

    assert status(gcs, uri).status_code == 404
    assert crash().blobs_on_disk() == set()


def test_after_a_crash_the_upload_goes_on_where_it_was_acknowledged(gcs, crash):
    uri = gcs.begin("big", contentType="text/csv")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    after = crash()

    assert status(after, uri).headers["range"] == "bytes=0-262143"
    reply = chunk(after, uri, KIB_256, DATA[KIB_256:], len(DATA))
    assert reply.json()["contentType"] == "text/csv"
    assert after.download("big").content == DATA
    assert len(after.blobs_on_disk()) == 1


def test_bytes_after_the_last_acknowledgement_are_left_behind_by_a_crash(gcs, crash):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    (partial,) = (gcs.home / "blobs" / "partial").iterdir()
    with partial.open("ab") as file:
        file.write(b"written, but never acknowledged")
    after = crash()

    chunk(after, uri, KIB_256, DATA[KIB_256:], len(DATA))
    assert after.download("big").content == DATA


def test_an_upload_survives_a_second_crash(gcs, crash):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    second = crash()
    chunk(second, uri, KIB_256, DATA[KIB_256 : 2 * KIB_256])
    third = crash(second)

    chunk(third, uri, 2 * KIB_256, DATA[2 * KIB_256 :], len(DATA))
    assert third.download("big").content == DATA


def test_a_crash_between_the_last_rename_and_the_commit_loses_nothing(gcs, crash):
    uri = gcs.begin("big")
    chunk(gcs, uri, 0, DATA[:KIB_256])
    (partial,) = (gcs.home / "blobs" / "partial").iterdir()
    renamed = gcs.blobs.path(partial.name)
    renamed.parent.mkdir()
    partial.rename(renamed)
    after = crash()
    renamed.rename(partial)

    assert status(after, uri, KIB_256).json()["size"] == str(KIB_256)
    assert after.download("big").content == DATA[:KIB_256]


def test_the_object_a_session_became_is_known_after_a_crash(gcs, crash):
    uri = gcs.begin("big")
    stored = send_all(gcs, uri).json()

    assert status(crash(), uri, len(DATA)).json() == stored


def test_what_came_before_a_lost_connection_counts(gcs):
    uri = gcs.begin("big")

    async def breaks_off():
        messages = iter(
            [
                {"type": "http.request", "body": DATA[:KIB_256], "more_body": True},
                {"type": "http.disconnect"},
            ]
        )
        scope = {
            "type": "http",
            "method": "PUT",
            "scheme": "https",
            "path": "/upload/storage/v1/b/lab-data/o",
            "raw_path": b"/upload/storage/v1/b/lab-data/o",
            "query_string": uri.partition("?")[2].encode(),
            "headers": [(b"host", b"storage.googleapis.com"), (b"content-range", b"bytes 0-786438/786439")],
        }

        async def receive():
            return next(messages)

        async def send(message):
            return None

        await gcs.app(scope, receive, send)

    gcs.run(breaks_off())
    assert status(gcs, uri).headers["range"] == "bytes=0-262143"


def test_a_retry_waits_for_the_attempt_it_repeats(gcs):
    uri = gcs.begin("big")
    headers = {"content-range": f"bytes 0-{len(DATA) - 1}/{len(DATA)}"}

    async def both():
        return await asyncio.gather(*(gcs.client.put(uri, content=DATA, headers=headers) for _ in range(2)))

    first, second = gcs.run(both())
    assert first.json() == second.json()
    assert gcs.download("big").content == DATA
