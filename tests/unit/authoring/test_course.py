import io

import nbformat
import pytest
from rich.console import Console

from labkit.authoring import course_view, report
from labkit.authoring.course import run_course, scores
from labkit.authoring.outcome import CourseRun, LabRun
from labkit.checking.result import Result
from labkit.checking.verdict import Failed, Passed
from labkit.errors import LabkitError

LAB = "06_training"


def executed(*results):
    notebook = nbformat.v4.new_notebook()
    for result in results:
        bundle = result._repr_mimebundle_()
        output = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
        cell = nbformat.v4.new_code_cell("", id=f"check-{result.exercise}", outputs=[output])
        cell.metadata["papermill"] = {"duration": 0.5}
        notebook.cells.append(cell)
    return notebook


def run_of(tmp_path, *results, error=""):
    return LabRun(LAB, scores(LAB, executed(*results)), error, 9.5, tmp_path / "a.ipynb", tmp_path / "a.html")


PASSED = Result(LAB, "bucket", 2, Passed("fine"))
FAILED = Result(LAB, "data", 2, Failed("<nothing>", "[a file]", "upload it"))


def test_scores_are_read_from_an_executed_notebook():
    found = {score.record.exercise: score for score in scores(LAB, executed(PASSED, FAILED))}

    assert (found["bucket"].record.outcome, found["bucket"].seconds) == ("passed", 0.5)
    assert found["data"].record.outcome == "failed"


def test_an_exercise_that_was_never_reached_is_not_attempted():
    found = {score.record.exercise: score.record for score in scores(LAB, executed(PASSED))}

    assert found["cleanup"].outcome == "not attempted"
    assert len(found) == 7


def test_the_last_of_two_checks_counts():
    again = Result(LAB, "bucket", 2, Failed("a", "b", "c"))

    assert scores(LAB, executed(PASSED, again))[0].record.outcome == "failed"


def test_a_run_passes_only_when_every_exercise_does(tmp_path):
    assert not run_of(tmp_path, PASSED).passed
    assert not CourseRun((), tmp_path).passed


def test_a_run_that_stopped_does_not_pass(tmp_path):
    everything = [Result(LAB, score.record.exercise, 1, Passed("")) for score in scores(LAB, executed())]

    assert run_of(tmp_path, *everything).passed
    assert not run_of(tmp_path, *everything, error="RuntimeError: no").passed


@pytest.fixture
def course(tmp_path):
    return CourseRun((run_of(tmp_path, PASSED, FAILED, error="RuntimeError: <job>"),), tmp_path / "index.html")


def test_the_report_shows_verdicts_links_and_the_error_escaped(course):
    page = report.index_page(course)

    assert "The course failed: 2 of 16 points in 10 seconds" in page
    assert "RuntimeError: &lt;job&gt;" in page
    assert "Found: &lt;nothing&gt;" in page
    assert 'href="a.html"' in page


def test_the_table_shows_points_and_why(course):
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(course_view.table(course))
    text = console.export_text()

    assert "2/16" in text
    assert "Expected: [a file]" in text
    assert "FAILED" in text


def test_the_progress_bar_moves_with_every_cell(course):
    console = Console(width=120, record=True, force_terminal=True, file=io.StringIO())
    with course_view.CourseView(console) as view:
        view.lab_begins(LAB, 2)
        view.cell_done(LAB)
        view.cell_done(LAB)
        view.lab_done(course.labs[0])

    text = console.export_text()
    assert "2/2" in text
    assert "06_training stopped: RuntimeError: <job>" in text


def test_a_folder_with_other_things_in_it_is_not_emptied(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "06_training.py").write_text("")
    (tmp_path / "solutions" / "06_training.ipynb").write_text("{}")

    with pytest.raises(LabkitError, match="is no earlier report"):
        run_course(tmp_path, tmp_path / "solutions", watcher=None)

    assert (tmp_path / "solutions" / "06_training.py").exists()


def test_a_course_that_was_not_built_says_so(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "06_training.py").write_text("")

    with pytest.raises(LabkitError, match="Run `labkit build` first"):
        run_course(tmp_path, tmp_path / "report", watcher=None)


def test_a_folder_without_labs_says_so(tmp_path):
    with pytest.raises(LabkitError, match="There are no labs"):
        run_course(tmp_path, tmp_path / "report", watcher=None)
