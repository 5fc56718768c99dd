import json
from pathlib import Path

import pytest

from labkit.authoring.build import build, differences
from labkit.errors import SourceError, UnknownNameError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def course(tmp_path):
    """A course with one real lab and one lesson, in a folder that may be changed."""
    solutions, lessons = tmp_path / "solutions", tmp_path / "notebooks"
    lab = ROOT / "solutions" / "06_training"
    for path in (lab.with_suffix(".py"), *lab.rglob("*.py")):
        copy = solutions / path.relative_to(ROOT / "solutions")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    lessons.mkdir()
    (lessons / "00_hello.py").write_text("# %% [markdown]\n# Hello\n")
    return tmp_path


def test_the_committed_notebooks_are_what_their_sources_say():
    assert differences(ROOT) == []


def test_build_writes_solution_exercise_and_lesson(course):
    written = build(course)

    assert {str(path.relative_to(course)) for path in written} == {
        "solutions/06_training.ipynb",
        "exercises/06_training.ipynb",
        "notebooks/00_hello.ipynb",
    }
    assert differences(course) == []


def test_building_again_writes_nothing(course):
    build(course)

    assert build(course) == []


def test_no_answer_reaches_the_exercise(course):
    build(course)
    text = (course / "exercises" / "06_training.ipynb").read_text()

    assert "bucket = ..." in text
    for answer in ("client.create_bucket(bucket", "model.deploy(", "endpoint.predict(", "endpoint.undeploy_all()"):
        assert answer not in text
        assert answer in (course / "solutions" / "06_training.ipynb").read_text()


def test_a_notebook_changed_by_hand_is_reported_with_its_first_lines(course):
    build(course)
    path = course / "exercises" / "06_training.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "changed"
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")

    (difference,) = differences(course)

    assert (difference.path, difference.kind) == (path, "differs")
    assert "changed" in difference.detail


def test_a_notebook_without_a_source_is_reported_and_removed(course):
    build(course)
    stray = course / "exercises" / "05_old.ipynb"
    stray.write_text("{}")

    assert [(found.path, found.kind) for found in differences(course)] == [(stray, "no source")]
    build(course)
    assert not stray.exists()


def test_a_missing_notebook_is_reported(course):
    build(course)
    (course / "solutions" / "06_training.ipynb").unlink()

    assert [found.kind for found in differences(course)] == ["missing"]


def test_an_exercise_that_the_lab_does_not_have_is_reported_with_its_line(course):
    path = course / "solutions" / "06_training.py"
    path.write_text(path.read_text().replace('lab.check("bucket")', 'lab.check("pail")'))

    with pytest.raises(SourceError, match="'pail' is no exercise of lab 06_training"):
        build(course)


def test_a_source_without_a_lab_is_reported(course):
    (course / "solutions" / "06_trainning.py").write_text("# %%\nx = 1\n")

    with pytest.raises(UnknownNameError, match="Did you mean '06_training'"):
        build(course)


def test_a_lesson_has_no_exercises(course):
    (course / "notebooks" / "00_hello.py").write_text('# %%\nlab.check("bucket")\n')

    with pytest.raises(SourceError, match="a lesson has no exercises"):
        build(course)
