import contextlib
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core import filters
from labkit.localcloud.errors import ApiError

registry = Registry()
vertex = registry.package("google.cloud.aiplatform.v1")
logging = registry.package("google.logging.v2")


@pytest.fixture
def job():
    job = vertex.CustomJob(
        name="projects/1/locations/us-central1/customJobs/7",
        display_name="train digits",
        state="JOB_STATE_SUCCEEDED",
        labels={"lab": "training", "ml.org/id": "7"},
    )
    job.create_time.FromDatetime(datetime(2026, 5, 1, 12, tzinfo=timezone.utc))
    job.job_spec.worker_pool_specs.add(replica_count=2)
    return job


@pytest.mark.parametrize(
    "text",
    [
        "",
        'display_name="train digits"',
        'displayName = "train*"',
        "display_name:DIGITS",
        'state="JOB_STATE_SUCCEEDED"',
        "state = 4",
        "state!=JOB_STATE_FAILED",
        "labels.lab=training",
        'labels."ml.org/id"=7',
        "labels:lab",
        "labels.lab:*",
        'create_time >= "2026-05-01T12:00:00Z"',
        'create_time >= "2026-05-01T14:00:00.0+0200"',
        'create_time < "2026-05-02"',
        'create_time < "2026-05-01T12:00:00.000000001Z"',
        'create_time = "2026-05-01T14:00:00+02:00"',
        'create_time = "2026-05-01T14:00:00.000000+0200"',
        "job_spec.worker_pool_specs.replica_count > 1",
        'NOT labels.lab="other"',
        '-labels.lab="other"',
        'labels.lab="other" OR state=JOB_STATE_SUCCEEDED',
        '(labels.lab="other" OR labels.lab=training) AND display_name:train',
        'labels.lab=("other" OR "training")',
        'labels.lab=training display_name="train digits"',
        'display_name=~"^train \\\\w+$"',
        "digits",
    ],
)
def test_a_filter_that_holds_passes_the_message(job, text):
    assert filters.parse(text)(job)


@pytest.mark.parametrize(
    "text",
    [
        'display_name="train"',
        "labels.lab=other",
        "labels.absent:*",
        "error.message:*",
        "no_such_field=1",
        'create_time > "2026-05-01T12:00:00Z"',
        'create_time > "2026-05-01T14:00:00.0+0200"',
        'create_time > "yesterday"',
        "state=NOT_A_STATE",
        "NOT display_name:train",
        'labels.lab="training" AND state=JOB_STATE_FAILED',
        'labels.lab="training" state=JOB_STATE_FAILED',
        'display_name!~"digits"',
    ],
)
def test_a_filter_that_does_not_hold_stops_the_message(job, text):
    assert not filters.parse(text)(job)


def test_and_binds_tighter_than_or(job):
    assert filters.parse("labels.lab=training OR labels.lab=training AND state=JOB_STATE_FAILED")(job)


def test_log_severities_are_ordered():
    entry = logging.LogEntry(severity="ERROR")

    assert filters.parse("severity>=WARNING")(entry)
    assert not filters.parse("severity<ERROR")(entry)


def test_json_payloads_are_reached_by_path():
    entry = logging.LogEntry()
    entry.json_payload.update({"metrics": {"accuracy": 0.95, "name": "digits"}})

    assert filters.parse("jsonPayload.metrics.accuracy>0.9")(entry)
    assert filters.parse('json_payload.metrics.name="digits"')(entry)
    assert not filters.parse("jsonPayload.metrics.loss:*")(entry)


@pytest.mark.parametrize(
    ("text", "column"), [("a=", 3), ("(a=1", 5), ("=1", 1), ('a="x', 3), ("a=1)", 4), ("a = = 1", 5)]
)
def test_a_filter_that_cannot_be_read_says_where(text, column):
    with pytest.raises(ApiError, match=f"column {column}") as refused:
        filters.parse(text)

    assert repr(text) in refused.value.message


@given(st.text(alphabet='ab01 ()"=<>:!~-*.ANDORT\\', max_size=30))
def test_no_text_does_more_than_filter_or_refuse(text):
    message = vertex.Model(display_name="a")
    with contextlib.suppress(ApiError):
        assert filters.parse(text)(message) in (True, False)
