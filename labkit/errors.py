"""What labkit raises. A verdict on a student's work is never an exception; see `labkit.checking.verdict`.

LabkitError
├── DefinitionError      an author's mistake in a lab: found when the lab is defined, not in class
│   └── SourceError      the same in a notebook's source; carries the file and the line
├── UnknownNameError     a lab, an exercise or a hint that does not exist
├── SettingError         an environment variable or an argument that cannot be
├── CloudError           the cloud cannot be reached, started, or used
│   └── ConsentNeededError  Google Cloud, and nobody has said yes to what it bills; carries the plan
└── BrokenCheckError     a check raised: a fault of the lab, never of the student's answer
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from pathlib import Path


class LabkitError(Exception):
    """Anything labkit raises on purpose; its text says what happened, the value, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the text alone. The fault is not in labkit's lines, and they would hide it."""
        return [f"{type(self).__name__}: {self}"]


class DefinitionError(LabkitError):
    """A lab that cannot be right as its author wrote it."""


class SourceError(DefinitionError):
    """A mistake in a notebook's source, at `path`, line `line` (counted from 1)."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class UnknownNameError(LabkitError):
    """A name that is not among those that exist; the message offers the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        super().__init__(f"There is no {kind} {name!r}. {self._suggestion()}")

    def _suggestion(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=1)
        if near:
            return f"Did you mean {near[0]!r}?"
        return f"There are: {', '.join(self.known)}." if self.known else "There are none."


class BrokenCheckError(LabkitError):
    """The check of an exercise raised; the cause is chained. The student's progress is unchanged."""

    def __init__(self, lab: str, exercise: str, error: Exception) -> None:
        super().__init__(
            f"The check of {exercise!r} in lab {lab} broke: {type(error).__name__}: {error}\n"
            "This is a fault of the lab, not of your answer, and no points are lost. "
            "Please tell your teacher, with the traceback above."
        )
        self.lab = lab
        self.exercise = exercise

    def _render_traceback_(self) -> list[str]:
        """Here the fault is in our lines: all of them, for the teacher."""
        return "".join(traceback.format_exception(self)).splitlines()


class SettingError(LabkitError):
    """A setting with a value that is not allowed."""


class CloudError(LabkitError):
    """The chosen cloud cannot be used."""


class ConsentNeededError(CloudError):
    """Google Cloud bills; `plan` is what it would bill for, in words, a line each."""

    def __init__(self, project: str, plan: tuple[str, ...]) -> None:
        self.project = project
        self.plan = plan
        lines = "\n".join(f"  - {line}" for line in plan)
        super().__init__(
            f"Google Cloud will bill project {project!r} for:\n{lines}\n"
            "To agree, once for this project, pass yes=True: "
            f"labkit.start(..., cloud='google', project={project!r}, yes=True). Nothing has been created."
        )
