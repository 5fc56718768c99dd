import pytest

from labkit.checking.exercise import LabDefinition, WrongAnswer, exercise
from labkit.checking.verdict import Blocked, Failed, NotAttempted, Passed
from labkit.errors import BrokenCheckError, CloudError, DefinitionError, UnknownNameError

WRONG = (WrongAnswer("one", "x = 1", "it is one"), WrongAnswer("two", "x = 2", "it is two"))


class Up:
    def ensure(self):
        return None


class Down:
    def ensure(self):
        raise CloudError("The local cloud does not answer.")


def define(check, **changes):
    return exercise(**{"name": "number", "points": 2, "hints": ["think"], "wrong": WRONG, **changes})(check)


def judge(check, cloud=None, **names):
    from labkit.checking.answers import Answers

    return define(check).judge("00_lab", Answers(names), cloud or Up()).verdict


def test_a_check_gives_its_verdict():
    assert judge(lambda answers, cloud: Passed(answers.text("x")), x="three") == Passed("three")


def test_an_empty_answer_is_not_attempted_without_a_word_in_the_check():
    assert isinstance(judge(lambda answers, cloud: Passed(answers.text("x")), x=...), NotAttempted)


def test_an_exception_in_a_check_is_our_fault_and_says_so():
    with pytest.raises(BrokenCheckError, match="not of your answer") as caught:
        judge(lambda answers, cloud: Passed(1 / 0))

    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_cloud_that_is_down_blocks():
    assert isinstance(judge(lambda answers, cloud: Passed("never asked"), cloud=Down()), Blocked)


def test_a_resource_that_is_not_there_fails():
    from google.api_core.exceptions import NotFound

    def check(answers, cloud):
        raise NotFound("no such bucket")

    assert judge(check) == Failed(
        "no such bucket", "a resource that exists", "Look at its name, project and region; then create it."
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "Exercise 1"}, "a name is lower-case"),
        ({"points": 0}, "it gives 0 points"),
        ({"hints": []}, "it has no hints"),
        ({"hints": ["think", " "]}, "an empty one"),
        ({"wrong": WRONG[:1]}, "it has 1 wrong answers"),
        ({"wrong": (WRONG[0], WrongAnswer("one", "x = 3", "three"))}, "share the name 'one'"),
        ({"wrong": (WRONG[0], WrongAnswer("two", "x = 3", "it is one"))}, "share the message 'it is one'"),
    ],
)
def test_a_definition_that_cannot_be_right_fails_at_once(changes, problem):
    with pytest.raises(DefinitionError, match=problem):
        define(lambda answers, cloud: Passed(""), **changes)


def lab(*exercises):
    return LabDefinition("00_lab", "A lab", exercises, bills=("nothing",), services=())


def test_a_lab_adds_up_its_points():
    check = lambda answers, cloud: Passed("")  # noqa: E731

    assert lab(define(check), define(check, name="letter", points=3)).points == 5


def test_a_lab_offers_the_nearest_exercise():
    with pytest.raises(UnknownNameError, match="Did you mean 'number'"):
        lab(define(lambda answers, cloud: Passed(""))).exercise("nubmer")


@pytest.mark.parametrize(("exercises", "problem"), [((), "no exercises"), ("twice", "two exercises are called")])
def test_a_lab_without_exercises_or_with_two_of_one_name_fails_at_once(exercises, problem):
    one = define(lambda answers, cloud: Passed(""))

    with pytest.raises(DefinitionError, match=problem):
        lab(*((one, one) if exercises == "twice" else exercises))


def test_a_lab_must_say_what_it_bills_for():
    with pytest.raises(DefinitionError, match="what it bills for"):
        LabDefinition("00_lab", "A lab", (define(lambda answers, cloud: Passed("")),), bills=(), services=())


def test_a_lab_names_apis_by_their_hosts():
    with pytest.raises(DefinitionError, match="no API"):
        LabDefinition(
            "00_lab", "A lab", (define(lambda answers, cloud: Passed("")),), bills=("x",), services=("storage",)
        )
