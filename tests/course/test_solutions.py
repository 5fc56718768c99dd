"""The course as a class meets it: solutions pass from top to bottom, untouched exercises run and pass nothing."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from labkit.authoring.course import execute, run_course, scores
from labkit.authoring.fresh import fresh_cloud
from labkit.authoring.tree import Tree

pytestmark = pytest.mark.course

ROOT = Path(__file__).parents[2]
LABS = [path.stem for path in Tree(ROOT).lab_sources()]
EXERCISES = [ROOT / "exercises" / f"{lab}.ipynb" for lab in LABS]
LESSONS = [path.with_suffix(".ipynb") for path in Tree(ROOT).lesson_sources()]
RUNNABLE = [*(ROOT / "solutions" / f"{lab}.ipynb" for lab in LABS), *LESSONS]


def name_of(notebook):
    return f"{notebook.parent.name}/{notebook.stem}"


class Counter:
    def __init__(self):
        self.cells, self.announced, self.finished = {}, {}, []

    def lab_begins(self, lab, cells):
        self.announced[lab] = cells
        self.cells[lab] = 0

    def cell_done(self, lab):
        self.cells[lab] += 1

    def lab_done(self, run):
        self.finished.append(run.lab)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    watcher = Counter()
    return run_course(ROOT, tmp_path_factory.mktemp("course"), watcher), watcher


def test_every_solution_passes_every_exercise_with_all_points(course):
    run, _ = course

    assert [lab.lab for lab in run.labs] == LABS
    for lab in run.labs:
        assert lab.error == ""
        for score in lab.scores:
            assert score.record.outcome == "passed", score.record
            assert score.record.earned == score.record.points
    assert run.passed


def test_progress_is_told_of_every_cell(course):
    _, watcher = course

    assert watcher.finished == LABS
    assert watcher.cells == watcher.announced


def test_executed_notebooks_pages_and_a_report_are_kept(course):
    run, _ = course

    for lab in run.labs:
        executed = nbformat.read(lab.notebook, as_version=4)
        assert any(cell.get("outputs") for cell in executed.cells)
        assert "Passed: " in lab.page.read_text()
        assert f'href="{lab.page.name}"' in run.report.read_text()


@pytest.mark.parametrize("lab", LABS)
def test_an_untouched_exercise_runs_to_its_end_and_attempts_nothing(lab, tmp_path):
    executed = tmp_path / "executed.ipynb"

    assert execute(ROOT / "exercises" / f"{lab}.ipynb", executed, lambda: None) == ""

    records = [score.record for score in scores(lab, nbformat.read(executed, as_version=4))]
    assert {record.outcome for record in records} == {"not attempted"}
    assert not any("did not get this far" in record.text for record in records)


def test_a_notebook_that_fails_is_saved_with_its_error(tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in ("print('so far')", "1 / 0", "print('not reached')")]
    notebook, executed = tmp_path / "failing.ipynb", tmp_path / "executed.ipynb"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), notebook)

    assert execute(notebook, executed, lambda: None) == "ZeroDivisionError: division by zero"

    saved = executed.read_text()
    assert "so far" in saved
    assert "ZeroDivisionError" in saved


@pytest.mark.parametrize("notebook", RUNNABLE, ids=name_of)
def test_nbval_runs_what_is_complete(notebook):
    with fresh_cloud() as fresh:
        # A copy: nbval runs a notebook in its own folder, and the lab writes files beside itself.
        (fresh.folder / notebook.name).write_bytes(notebook.read_bytes())
        (fresh.folder / "pytest.ini").write_text("[pytest]\n")
        command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=600", "-q", notebook.name]
        done = subprocess.run(command, cwd=fresh.folder, env=fresh.environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("notebook", LESSONS, ids=name_of)
def test_a_lesson_runs_to_its_end_and_leaves_nothing(notebook, tmp_path):
    executed = tmp_path / "executed.ipynb"

    assert execute(notebook, executed, lambda: None) == ""

    printed = "".join(
        output.get("text", "")
        for cell in nbformat.read(executed, as_version=4).cells
        for output in cell.get("outputs", ())
    )
    assert printed.count(" created. Resource name:") == printed.count(" deleted.\n")


@pytest.mark.parametrize("notebook", [*RUNNABLE, *EXERCISES], ids=name_of)
def test_no_price_is_taken_for_mathematics(notebook):
    # Two dollar signs in one text are TeX to JupyterLab: it joins all the words between them.
    texts = [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "markdown"]

    assert not any("$" in text for text in texts)
