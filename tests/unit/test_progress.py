import json
import os

import pytest

from labkit.checking.result import Result
from labkit.checking.verdict import Failed, Passed
from labkit.progress import Entry, Progress, ProgressSetAside
from tests.fakes import FakeClock

NOW = FakeClock().now()
PASSED = Result("06_training", "bucket", 2, Passed("fine"))


def failed(earned):
    return Result("06_training", "bucket", 2, Failed("a", "b", "c", earned=earned))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "progress" / "06_training.json"


def test_it_is_empty_at_the_start(path):
    assert Progress(path, clock=FakeClock()).entries() == {}


def test_a_restarted_kernel_finds_it_again(path):
    Progress(path, clock=FakeClock()).record(PASSED)

    assert Progress(path, clock=FakeClock()).entries() == {"bucket": Entry("passed", 2, NOW.isoformat())}


def test_points_once_earned_stay(path):
    progress = Progress(path, clock=FakeClock())
    for result in (failed(1), failed(0), PASSED, failed(0)):
        progress.record(result)

    assert progress.entries()["bucket"].outcome == "passed"


def test_a_better_result_replaces_a_worse_one(path):
    progress = Progress(path, clock=FakeClock())
    progress.record(failed(0))
    progress.record(failed(1))

    assert progress.entries()["bucket"] == Entry("failed", 1, NOW.isoformat())


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"schema": 2, "exercises": {}}', '{"schema": 1, "exercises": {"bucket": {"outcome": "great"}}}'],
)
def test_a_file_that_cannot_be_read_is_kept_aside_and_said(path, content):
    path.parent.mkdir()
    path.write_text(content)

    with pytest.warns(ProgressSetAside, match="It is kept as"):
        Progress(path, clock=FakeClock()).record(PASSED)

    kept = path.parent / "06_training.broken-20260901T000000.json"
    assert kept.read_text() == content
    assert Progress(path, clock=FakeClock()).entries()["bucket"].outcome == "passed"


def test_a_write_that_fails_leaves_the_old_file(path, monkeypatch):
    progress = Progress(path, clock=FakeClock())
    progress.record(failed(1))
    before = path.read_text()

    def no_space(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        progress.record(PASSED)

    assert path.read_text() == before
    json.loads(before)
