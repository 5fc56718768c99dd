"""Scripted faults as Google's own clients meet them: what they repeat, what they report."""

import http.client
import json

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1

from labkit.localcloud.record import SECRET_HEADER, ServerRecord


class Script:
    """The administration of faults, as a teacher's program reaches it."""

    def __init__(self, record):
        self._record = record

    def ask(self, verb, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._record.port)
        headers = {SECRET_HEADER: self._record.secret}
        connection.request(verb, "/labkit/faults", json.dumps(body) if body else None, headers)
        reply = connection.getresponse()
        answer = json.loads(reply.read())
        connection.close()
        assert reply.status == 200, answer
        return answer

    def add(self, **rule):
        self.ask("POST", {"rules": [rule]})

    @property
    def struck(self):
        """The method and the kind of each fault that struck."""
        return [(line["method"].rpartition(".")[2], line["kind"]) for line in self.ask("GET")["record"]]


@pytest.fixture
def faults(local_cloud, local_settings):
    script = Script(ServerRecord.read(local_settings.local_cloud_home))
    yield script
    script.ask("DELETE")


@pytest.fixture
def blob(bucket):
    return bucket.blob("faults.bin")


@pytest.mark.parametrize(
    "fault",
    [{"kind": "error", "code": "UNAVAILABLE"}, {"kind": "error", "http": 429}, {"kind": "reset_connection"}],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_the_storage_client_repeats_what_may_be_repeated(faults, bucket, fault):
    faults.add(method="storage.buckets.get", resource=f"b/{bucket.name}", fault=fault)
    bucket.reload()

    assert faults.struck == [("get", fault["kind"])]


def test_the_storage_client_reports_what_may_not(faults, bucket):
    faults.add(method="storage.buckets.get", fault={"kind": "error", "code": "PERMISSION_DENIED", "message": "No."})

    with pytest.raises(exceptions.Forbidden, match=r"No\."):
        bucket.reload()


def test_a_download_goes_on_where_its_stream_broke(faults, blob):
    data = bytes(range(256)) * 4096
    blob.upload_from_string(data)
    faults.add(method="storage.objects.get", fault={"kind": "broken_stream", "afterBytes": 300_000})

    assert blob.download_as_bytes() == data
    assert faults.struck == [("get", "broken_stream")]


def test_a_resumable_upload_goes_on_after_what_arrived(faults, blob):
    data = bytes(range(256)) * 4096
    blob.chunk_size = 512 * 1024
    faults.add(method="storage.objects.insert", fault={"kind": "error", "http": 503, "afterBytes": 700_000})
    blob.upload_from_string(data)

    assert blob.download_as_bytes() == data
    assert faults.struck == [("insert", "error")]


def test_a_precondition_keeps_a_write_single_whose_reply_is_lost(faults, bucket):
    """The first attempt wrote the object, so the repeated one finds that it is no longer new."""
    faults.add(method="storage.objects.insert", fault={"kind": "lost_reply"})

    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("once").upload_from_string(b"data", if_generation_match=0)
    assert bucket.blob("once").download_as_bytes() == b"data"


def test_the_vertex_client_meets_the_code(faults, vertex_client, parent):
    client = vertex_client(aiplatform_v1.ModelServiceClient)
    fault = {"kind": "error", "code": "RESOURCE_EXHAUSTED", "message": "Quota exceeded."}
    faults.add(service="aiplatform.googleapis.com", method="*.ModelService.ListModels", resource=parent, fault=fault)

    with pytest.raises(exceptions.TooManyRequests, match="Quota exceeded"):
        client.list_models(parent=parent)
    assert faults.struck == [("ListModels", "error")]
    list(client.list_models(parent=parent))
