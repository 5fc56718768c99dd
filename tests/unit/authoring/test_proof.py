import pytest

from labkit.authoring import proof
from labkit.authoring.kernel import Ran
from labkit.authoring.source import read_source
from labkit.checking.exercise import LabDefinition, WrongAnswer, exercise
from labkit.checking.result import Record
from labkit.checking.verdict import Passed

RIGHT = '# %% exercise="x"\n# --- answer | x = ...\nx = 42\n# --- end\n\n# %%\nlab.check("x")\n'
FINE = Ran((), "")
CLAIM = proof.Claim("00_lab", "x", "step", "expected")


def defined(wrong_code="x = 1"):
    wrong = (WrongAnswer("one", wrong_code, "it is one"), WrongAnswer("two", "x = 2", "it is two"))
    made = exercise("x", points=2, hints=["think"], wrong=wrong)(lambda answers, cloud: Passed(""))
    return LabDefinition("00_lab", "A lab", (made,), bills=("nothing",), services=())


X = defined().exercises[0]


def static(folder, text, definition=None):
    path = folder / "00_lab.py"
    path.write_text(text)
    return [found for found in proof.of_source(read_source(path), definition or defined()) if not found.holds]


def ran(outcome, text="", earned=0):
    return Ran((Record("00_lab", "x", outcome, earned, 2, text),), "")


def test_a_good_source_holds(tmp_path):
    assert static(tmp_path, RIGHT) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (RIGHT.split("\n\n")[0], "no check cell"),
        (RIGHT.split("\n\n")[1], "no answer region"),
        (RIGHT.replace("x = 42", "x = ..."), "solved already"),
        ("\n\n".join(reversed(RIGHT.strip().split("\n\n"))), "comes before its answer"),
    ],
)
def test_a_source_that_leaves_something_out_does_not(tmp_path, text, found):
    assert any(found in failed.found for failed in static(tmp_path, text))


def test_a_wrong_answer_must_be_python(tmp_path):
    (failed,) = static(tmp_path, RIGHT, defined(wrong_code="x = = 1"))

    assert "wrong answer 'one': invalid syntax" in failed.found


def test_a_stub_must_be_not_attempted():
    assert proof.of_stub(CLAIM, Ran((), ""), ran("not attempted")).holds
    assert not proof.of_stub(CLAIM, Ran((), ""), ran("failed")).holds
    assert not proof.of_stub(CLAIM, Ran((), "NameError: x"), ran("not attempted")).holds


def test_a_wrong_answer_must_fail_with_its_own_message():
    one = X.wrong[0]

    assert proof.of_wrong(CLAIM, X, one, FINE, ran("failed", "alas, it is one")).holds
    assert not proof.of_wrong(CLAIM, X, one, FINE, ran("failed", "it is two")).holds
    assert not proof.of_wrong(CLAIM, X, one, FINE, ran("failed", "it is one, or it is two")).holds
    assert not proof.of_wrong(CLAIM, X, one, FINE, ran("blocked", "it is one")).holds
    assert not proof.of_wrong(CLAIM, X, one, FINE, Ran((), "BrokenCheckError: it is one")).holds


def test_the_error_of_a_wrong_answers_cell_is_shown_only_where_it_may_be_the_reason():
    one, raised = X.wrong[0], Ran((), "RuntimeError: no such image")

    assert "no such image" not in proof.of_wrong(CLAIM, X, one, raised, ran("failed", "it is one")).found
    assert "no such image" in proof.of_wrong(CLAIM, X, one, raised, ran("failed", "it is two")).found


def test_an_answer_must_pass_with_all_points():
    assert proof.of_answer(CLAIM, X, ran("passed", earned=2)).holds
    assert not proof.of_answer(CLAIM, X, ran("passed", earned=1)).holds
    assert not proof.of_answer(CLAIM, X, ran("failed", earned=2)).holds


def test_a_check_that_broke_is_shown_with_its_error():
    found = proof.of_answer(CLAIM, X, Ran((), "BrokenCheckError: oh"))

    assert not found.holds
    assert found.found == "BrokenCheckError: oh"
