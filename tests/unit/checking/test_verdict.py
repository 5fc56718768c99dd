import dataclasses

import pytest

from labkit.checking.verdict import Blocked, Failed, NotAttempted, Passed, earned, lines


@pytest.mark.parametrize(
    ("verdict", "points"),
    [
        (Passed("well done"), 3),
        (Failed("a", "b", "c"), 0),
        (Failed("a", "b", "c", earned=1), 1),
        (Failed("a", "b", "c", earned=7), 3),
        (Failed("a", "b", "c", earned=-1), 0),
        (NotAttempted("empty"), 0),
        (Blocked("quota", "wait"), 0),
    ],
)
def test_points_follow_from_the_verdict_and_never_exceed_the_exercise(verdict, points):
    assert earned(verdict, 3) == points


def test_a_verdict_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Passed("well done").note = "not so well"


def test_the_outcome_is_no_argument():
    with pytest.raises(TypeError):
        Failed("a", "b", "c", 0, "passed")


def test_a_failure_says_what_was_found_expected_and_next():
    assert lines(Failed("EU", "us-central1", "create it again")) == (
        ("Found", "EU"),
        ("Expected", "us-central1"),
        ("Next", "create it again"),
    )


def test_an_empty_part_is_left_out():
    assert lines(Blocked("no quota", "")) == (("Cloud", "no quota"),)
