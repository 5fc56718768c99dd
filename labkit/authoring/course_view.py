"""A course run on the terminal: a bar that moves with every cell, and the table at the end."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from labkit.authoring.outcome import CourseRun, LabRun

_COLOURS = {"passed": "green", "failed": "red", "not attempted": "yellow", "blocked": "yellow"}


class CourseView:
    """A `course.Watcher` that draws one bar per lab. Use it as a context manager around the run."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> CourseView:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def lab_begins(self, lab: str, cells: int) -> None:
        self._tasks[lab] = self._progress.add_task(lab, total=cells)

    def cell_done(self, lab: str) -> None:
        self._progress.advance(self._tasks[lab])

    def lab_done(self, run: LabRun) -> None:
        if run.error:
            self._progress.console.print(f"[red]{escape(run.lab)} stopped:[/] {escape(run.error)}")


def table(course: CourseRun) -> Table:
    """Lab, exercise, points, verdict and seconds; the sums in the footer."""
    records = [score.record for run in course.labs for score in run.scores]
    points = f"{sum(record.earned for record in records)}/{sum(record.points for record in records)}"
    view = Table(title="labkit course", show_footer=True)
    view.add_column("Lab", footer="passed" if course.passed else "FAILED")
    view.add_column("Exercise")
    view.add_column("Points", justify="right", footer=points)
    view.add_column("Verdict")
    view.add_column("Seconds", justify="right", footer=f"{course.seconds:.1f}")
    for run in course.labs:
        for score in run.scores:
            record = score.record
            verdict = f"[{_COLOURS[record.outcome]}]{record.outcome}[/]"
            if record.outcome != "passed":
                verdict += f"\n{escape(record.text)}"
            view.add_row(run.lab, record.exercise, f"{record.earned}/{record.points}", verdict, f"{score.seconds:.1f}")
    return view
