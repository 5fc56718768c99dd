import uuid

import pytest
from google.cloud import logging, logging_v2
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.types import LogEntry


@pytest.fixture
def log(cloud):
    return f"projects/{cloud.project}/logs/labkit-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def client(cloud):
    with LoggingServiceV2Client() as client:
        yield client


def write(client, log, *texts, severity="INFO"):
    entries = [LogEntry(text_payload=text, severity=severity) for text in texts]
    client.write_log_entries(log_name=log, resource={"type": "global"}, entries=entries)


def read(client, cloud, log, more="", **options):
    request = {"resource_names": [f"projects/{cloud.project}"], "filter": f'logName="{log}" {more}', **options}
    return [entry.text_payload for entry in client.list_log_entries(request=request)]


def test_entries_come_back_in_the_order_they_were_written(client, local_cloud, log):
    write(client, log, "one")
    write(client, log, "two", "three")

    assert read(client, local_cloud, log, order_by="timestamp asc") == ["one", "two", "three"]
    assert read(client, local_cloud, log, order_by="timestamp desc")[-1] == "one"


def test_the_client_of_googles_documentation_finds_them_too(client, local_cloud, log):
    write(client, log, "one")

    # It adds a lower bound of time to every filter.
    entries = logging.Client(project=local_cloud.project).list_entries(filter_=f'logName="{log}"')

    assert [entry.payload for entry in entries] == ["one"]


def test_pages_hold_what_the_caller_asked_for(client, local_cloud, log):
    write(client, log, *"abcde")

    assert read(client, local_cloud, log, page_size=2) == list("abcde")


def test_a_filter_tells_severities_apart(client, local_cloud, log):
    write(client, log, "quiet")
    write(client, log, "loud", severity="ERROR")

    assert read(client, local_cloud, log, "severity>=WARNING") == ["loud"]


def test_the_handwritten_client_of_python_reads_them_too(client, local_cloud, log):
    write(client, log, "hello")

    with_client = logging_v2.Client(project=local_cloud.project, _use_grpc=False)
    assert [entry.payload for entry in with_client.list_entries(filter_=f'logName="{log}"')] == ["hello"]
