import json
from datetime import timedelta

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.logging.log_book import LogBook
from tests.fakes import FakeClock

registry = Registry()
logging = registry.package("google.logging.v2")
severities = registry.package("google.logging.type").LogSeverity


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "cloud.db")
    yield store
    store.close()


@pytest.fixture
def book(store, clock):
    return LogBook(registry, store, clock, Ids())


def line(book, text, severity="INFO"):
    return book.line("student", "workerpool0-0", "ml_job", {"job_id": "7"}, severity, text)


def texts(book, project="student", **options):
    return [entry.text_payload for entry in book.entries(project, **options)]


def test_a_line_of_text_is_an_entry_of_its_process(book, clock):
    entry = line(book, "epoch 1", "ERROR")

    assert entry.text_payload == "epoch 1"
    assert entry.log_name == "projects/student/logs/workerpool0-0"
    assert (entry.resource.type, dict(entry.resource.labels)) == ("ml_job", {"job_id": "7"})
    assert severities.Name(entry.severity) == "ERROR"
    assert entry.timestamp.ToJsonString() == "2026-09-01T00:00:00Z"


def test_a_line_of_json_is_a_payload_and_says_its_severity_itself(book):
    entry = line(book, json.dumps({"severity": "WARNING", "message": "slow", "loss": 0.5}), "ERROR")

    assert json_format.MessageToDict(entry.json_payload) == {"message": "slow", "loss": 0.5}
    assert severities.Name(entry.severity) == "WARNING"


def test_a_line_of_json_without_severity_has_that_of_its_stream(book):
    assert severities.Name(line(book, '{"message": "x"}', "ERROR").severity) == "ERROR"


@pytest.mark.parametrize("severity", ["LOUD", 7, None, {"a": 1}])
def test_a_severity_that_does_not_exist_is_none(book, severity):
    assert severities.Name(line(book, json.dumps({"severity": severity})).severity) == "DEFAULT"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{'loss': 0.5}",
        '{"a": 1} and more',
        '["a"]',
        '"a"',
        "7",
        "",
        '{"loss": NaN}',
        '{"loss": -Infinity}',
        '{"loss": 1e999}',
        '{"count": 1' + "0" * 400 + "}",
        '{"a": "\\ud800"}',
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"a":' * 200 + "1" + "}" * 200,
    ],
)
def test_what_is_no_json_object_that_logging_can_hold_stays_text(book, text):
    entry = line(book, text)

    assert entry.text_payload == text
    assert entry.WhichOneof("payload") in ("text_payload", None)


@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_a_process_prints_can_be_read_back(value):
    book = LogBook(registry, _Unused(), FakeClock(), Ids())

    entry = line(book, json.dumps({"value": value, "severity": value}))

    assert json_format.MessageToJson(entry, descriptor_pool=registry.pool)


class _Unused:
    def create(self, schema):
        """A line is made without the store."""


def test_entries_come_by_time_from_either_end(book, clock):
    first = line(book, "first")
    clock.advance(seconds=1)
    book.append("student", [line(book, "second")])
    book.append("student", [first])

    assert texts(book) == ["first", "second"]
    assert texts(book, newest_first=True) == ["second", "first"]


def test_entries_of_one_moment_keep_their_order(book):
    book.append("student", [line(book, str(number)) for number in range(20)])

    assert texts(book) == [str(number) for number in range(20)]
    assert texts(book, newest_first=True) == [str(number) for number in reversed(range(20))]


def test_an_entry_written_twice_is_kept_once(book, clock):
    entry = logging.LogEntry(insert_id="same", text_payload="x")
    entry.timestamp.FromDatetime(clock.now())
    for _ in range(2):
        book.append("student", [entry])
        clock.advance(seconds=1)

    assert texts(book) == ["x"]


def test_what_an_entry_lacks_is_added(book, clock):
    clock.advance(seconds=90)
    book.append("student", [logging.LogEntry(text_payload="x")])

    (entry,) = book.entries("student")
    assert entry.timestamp == entry.receive_timestamp
    assert entry.timestamp.ToJsonString() == "2026-09-01T00:01:30Z"
    assert entry.insert_id


@pytest.mark.parametrize("days", [-31, 2, 100_000, -700_000])
def test_a_time_that_logging_does_not_take_is_refused_and_nothing_is_kept(book, clock, days):
    entry = logging.LogEntry(text_payload="x")
    entry.timestamp.FromDatetime(clock.now() + timedelta(days=days))

    with pytest.raises(ApiError, match=f"timestamp, {entry.timestamp.seconds} s since 1970"):
        book.append("student", [line(book, "before"), entry])
    assert texts(book) == []


def test_a_project_sees_its_own_entries_only(book):
    book.append("student", [line(book, "x")])

    assert texts(book, "other") == []


def test_entries_are_kept_over_a_restart(book, store, clock):
    book.append("student", [line(book, "x")])

    assert texts(LogBook(registry, store, clock, Ids())) == ["x"]
