import ast

from labkit.authoring import cut
from labkit.authoring.source import read_source

SOURCE = '# %%\na = 1\n\n# %% exercise="x"\n# --- answer | x = ...\nx = a + 41\n# --- end\nx\n'


def source_in(folder):
    path = folder / "00_lab.py"
    path.write_text(SOURCE)
    return read_source(path)


def test_the_exercise_has_the_stub_and_nothing_of_the_answer(tmp_path):
    given, answer = cut.exercise(source_in(tmp_path))

    assert given.text == "a = 1"
    assert answer.text == "# Your answer: replace the dots.\nx = ...\nx"
    ast.parse(answer.text)


def test_the_solution_has_the_answer(tmp_path):
    assert cut.solution(source_in(tmp_path))[1].text == "x = a + 41\nx"


def test_any_code_can_take_the_answers_place(tmp_path):
    _, cell = source_in(tmp_path).cells

    assert cut.with_code(cell, "\n    x = 1\n    y = 2\n") == "x = 1\ny = 2\nx"
