"""What a headless run of the course came to: per exercise, per lab, in all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labkit.checking.result import Record


@dataclass(frozen=True)
class Score:
    """One exercise's verdict. `seconds` is what its answer and its check took together."""

    record: Record
    seconds: float


@dataclass(frozen=True)
class LabRun:
    """One lab's run. `error` is the exception that stopped it, empty if it ran to its end."""

    lab: str
    scores: tuple[Score, ...]
    error: str
    seconds: float
    notebook: Path
    page: Path

    @property
    def passed(self) -> bool:
        return not self.error and all(score.record.outcome == "passed" for score in self.scores)


@dataclass(frozen=True)
class CourseRun:
    """Every lab's run, and the page that reports them. `passed` decides a command's exit status."""

    labs: tuple[LabRun, ...]
    report: Path

    @property
    def passed(self) -> bool:
        return bool(self.labs) and all(run.passed for run in self.labs)

    @property
    def seconds(self) -> float:
        return sum(run.seconds for run in self.labs)
