"""`labkit course`: every solution from top to bottom, headless, each on a fresh local cloud, and a report of it.

papermill runs the notebooks, so an executed notebook is saved even when one of its cells fails.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from labkit import labs
from labkit.authoring import report
from labkit.authoring.fresh import Fresh, fresh_cloud
from labkit.authoring.kernel import CELL_SECONDS, KERNEL_ARGUMENTS, records_in
from labkit.authoring.outcome import CourseRun, LabRun, Score
from labkit.authoring.tree import Tree
from labkit.checking.result import Record
from labkit.errors import LabkitError

_ENGINE = "labkit"
_MARK = ".labkit-course"  # In a folder that a run may empty, because a run made it.


class Watcher(Protocol):
    """Hears how a run goes on; `course_view.CourseView` draws a progress bar."""

    def lab_begins(self, lab: str, cells: int) -> None: ...

    def cell_done(self, lab: str) -> None: ...

    def lab_done(self, run: LabRun) -> None: ...


def run_course(root: Path, folder: Path, watcher: Watcher) -> CourseRun:
    """Runs every lab's solution; keeps executed notebooks, a page for each, and `index.html` in `folder`.

    LabkitError when there is nothing to run, or `folder` holds anything but an earlier report.
    """
    notebooks = [source.with_suffix(".ipynb") for source in Tree(root).lab_sources()]
    if not notebooks:
        raise LabkitError(f"There are no labs in {Tree(root).solutions}. Run this in the course's folder.")
    missing = next((notebook for notebook in notebooks if not notebook.is_file()), None)
    if missing:
        raise LabkitError(f"{missing} does not exist. Run `labkit build` first.")
    _make_room(folder)
    runs: list[LabRun] = []
    for notebook in notebooks:
        runs.append(_run_lab(notebook, folder, watcher))
        watcher.lab_done(runs[-1])
    course = CourseRun(tuple(runs), folder / "index.html")
    course.report.write_text(report.index_page(course), encoding="utf-8")
    return course


def _make_room(folder: Path) -> None:
    """Empties the folder of an earlier report: a page left from it would be taken for this run's."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise LabkitError(f"{folder} is not empty, and is no earlier report. Name another folder for the report.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _run_lab(notebook: Path, folder: Path, watcher: Watcher) -> LabRun:
    lab, executed = notebook.stem, folder / notebook.name
    watcher.lab_begins(lab, _code_cells(notebook))
    started = time.perf_counter()
    error = execute(notebook, executed, lambda: watcher.cell_done(lab))
    seconds = time.perf_counter() - started
    content = nbformat.read(executed, as_version=4)
    page = executed.with_suffix(".html")
    page.write_text(report.notebook_page(content), encoding="utf-8")
    return LabRun(lab, scores(lab, content), error, seconds, executed, page)


def execute(notebook: Path, executed: Path, on_cell: Callable[[], None]) -> str:
    """Runs `notebook` on a fresh local cloud into the file `executed`; returns its error, empty if there was none."""
    papermill_engines.register(_ENGINE, _Engine)
    with fresh_cloud() as fresh:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(executed),
                engine_name=_ENGINE,
                kernel_name="python3",
                progress_bar=False,
                fresh=fresh,
                on_cell=on_cell,
            )
        except PapermillExecutionError as error:
            return f"{error.ename}: {error.evalue}"
        except (DeadKernelError, CellTimeoutError) as error:
            return f"{type(error).__name__}: {error}"
    return ""


def scores(lab: str, executed: Any) -> tuple[Score, ...]:
    """Each exercise's verdict in an executed notebook; one that was never checked is not attempted."""
    records = {record.exercise: record for cell in executed.cells for record in records_in(cell.get("outputs", ()))}
    durations = {cell.get("id", ""): _duration(cell.metadata) for cell in executed.cells}
    return tuple(
        Score(
            records.get(exercise.name)
            or Record(lab, exercise.name, "not attempted", 0, exercise.points, "The notebook did not get this far."),
            durations.get(f"answer-{exercise.name}", 0.0) + durations.get(f"check-{exercise.name}", 0.0),
        )
        for exercise in labs.find(lab).exercises
    )


def _code_cells(notebook: Path) -> int:
    return sum(cell.cell_type == "code" for cell in nbformat.read(notebook, as_version=4).cells)


def _duration(metadata: Mapping[str, Any]) -> float:
    return float(metadata.get("papermill", {}).get("duration") or 0.0)


class _Engine(NBClientEngine):  # type: ignore[misc] # papermill carries no types.
    """papermill's own engine, with a kernel in a fresh cloud's environment and a call after each code cell."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        fresh: Fresh,
        on_cell: Callable[[], None],
        **_papermills: object,
    ) -> Any:
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=CELL_SECONDS,
            extra_arguments=KERNEL_ARGUMENTS,
            # Saved widget state makes published pages show empty cells.
            store_widget_state=False,
            on_cell_complete=lambda cell, cell_index: on_cell(),
            resources={"metadata": {"path": str(fresh.folder)}},
        )
        return client.execute(env=fresh.environment)
