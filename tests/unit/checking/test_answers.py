from fractions import Fraction
from types import SimpleNamespace

import pytest

from labkit.checking.answers import Answers, Unreadable
from labkit.checking.verdict import Failed, NotAttempted

JOB = "projects/p/locations/r/customJobs/1"


def verdict_of(read):
    with pytest.raises(Unreadable) as caught:
        read()
    return caught.value.verdict


@pytest.mark.parametrize(
    "value", [None, ..., "", "  ", "...", "<your bucket>", "YOUR_BUCKET", "your-bucket-name", "TODO"]
)
def test_an_empty_answer_is_not_attempted(value):
    assert isinstance(verdict_of(lambda: Answers({"bucket": value}).text("bucket")), NotAttempted)


def test_a_missing_name_is_not_attempted_and_named():
    assert verdict_of(lambda: Answers({}).text("bucket")) == NotAttempted("bucket has no value yet.")


def test_text_is_read_as_it_is():
    assert Answers({"bucket": "a-bucket"}).text("bucket") == "a-bucket"


def test_an_object_with_a_name_is_read_by_its_name():
    assert Answers({"bucket": SimpleNamespace(name="a-bucket")}).text("bucket") == "a-bucket"


def test_a_wrong_type_fails_and_says_what_was_found():
    verdict = verdict_of(lambda: Answers({"bucket": 7}).text("bucket"))

    assert isinstance(verdict, Failed)
    assert verdict.found == "bucket is of type int: 7"


def test_a_long_wrong_value_is_shortened():
    verdict = verdict_of(lambda: Answers({"bucket": list(range(1000))}).text("bucket"))

    assert len(verdict.found) < 100


@pytest.mark.parametrize("value", [JOB, SimpleNamespace(resource_name=JOB)])
def test_a_resource_is_read_from_text_or_from_an_sdk_object(value):
    assert Answers({"job": value}).resource("job", "customJobs") == JOB


def test_a_resource_of_another_kind_fails():
    verdict = verdict_of(lambda: Answers({"job": "projects/p/locations/r/models/1"}).resource("job", "customJobs"))

    assert isinstance(verdict, Failed)
    assert "customJobs" in verdict.expected


def test_a_resource_that_was_never_created_fails_with_the_next_step():
    class Unsubmitted:
        @property
        def resource_name(self):
            raise RuntimeError("CustomJob resource has not been created.")

    verdict = verdict_of(lambda: Answers({"job": Unsubmitted()}).resource("job", "customJobs"))

    assert "has not been created in the cloud" in verdict.found
    assert "job.run()" in verdict.fix


@pytest.mark.parametrize("value", [[1, 2], (1, 2), [1.0, 2.0]])
def test_whole_numbers_are_read_from_any_sequence(value):
    assert Answers({"labels": value}).integers("labels") == (1, 2)


def test_whole_numbers_are_read_from_an_array():
    numpy = pytest.importorskip("numpy")

    assert Answers({"labels": numpy.array([1, 2])}).integers("labels") == (1, 2)


@pytest.mark.parametrize("value", ["12", {"1": 2}, 12, [1, 2.5], [1, "2"], [1, None], [[1], [2]], [1, float("nan")]])
def test_anything_else_is_no_list_of_whole_numbers(value):
    assert isinstance(verdict_of(lambda: Answers({"labels": value}).integers("labels")), Failed)


def test_an_empty_list_is_not_attempted():
    assert isinstance(verdict_of(lambda: Answers({"labels": []}).integers("labels")), NotAttempted)


def test_a_flag_is_true_or_false_and_nothing_like_it():
    assert Answers({"done": False}).flag("done") is False
    assert isinstance(verdict_of(lambda: Answers({"done": 1}).flag("done")), Failed)


def test_texts_are_read_from_a_list():
    assert Answers({"missing": ["a.b.get", "c"]}).texts("missing") == ("a.b.get", "c")


@pytest.mark.parametrize("value", [[], ["a", ...], ["a", "<permission>"], ...])
def test_a_list_with_a_gap_is_not_attempted(value):
    assert isinstance(verdict_of(lambda: Answers({"missing": value}).texts("missing")), NotAttempted)


@pytest.mark.parametrize("value", ["a.b.get", ["a.b.get", 7], {"a": "b"}])
def test_what_is_no_list_of_texts_fails(value):
    assert isinstance(verdict_of(lambda: Answers({"missing": value}).texts("missing")), Failed)


def test_an_answer_that_is_all_in_the_cloud_need_only_be_given():
    Answers({"policy": object()}).given("policy")

    assert isinstance(verdict_of(lambda: Answers({"policy": ...}).given("policy")), NotAttempted)


@pytest.mark.parametrize("value", [13.5, 13, Fraction(27, 2)])
def test_a_number_of_any_kind_is_read(value):
    assert Answers({"mean": value}).number("mean") == float(value)


@pytest.mark.parametrize("value", ["13.5", True, [13.5], {"mean": 13.5}])
def test_a_number_in_another_form_fails(value):
    assert verdict_of(lambda: Answers({"mean": value}).number("mean")).expected == "a number"
