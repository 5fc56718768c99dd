"""An exercise: a check, its points, its hints, and the wrong answers that prove the check.

    @exercise("bucket", points=2, hints=["Look at `location`."], wrong=[WrongAnswer(...), WrongAnswer(...)])
    def bucket(answers: Answers, cloud: Cloud) -> Verdict: ...

A definition that cannot be right fails when the module is imported, so an author sees it before a student does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labkit.checking import refusals
from labkit.checking.answers import Answers, Unreadable
from labkit.checking.result import Result
from labkit.checking.verdict import Verdict
from labkit.errors import BrokenCheckError, DefinitionError, UnknownNameError

if TYPE_CHECKING:
    from labkit.cloud import Cloud

Check: TypeAlias = "Callable[[Answers, Cloud], Verdict]"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")  # Fits a notebook's cell id together with a prefix.
_FEWEST_WRONG = 2


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake students make: `labkit verify` puts `code` in place of the answer and expects `message`.

    `message` is a part of the verdict's text that no other wrong answer of the exercise gets. `undo` puts the cloud
    back as it was, so that the next answer starts as the first did.
    """

    name: str
    code: str
    message: str
    undo: str = ""


@dataclass(frozen=True)
class Exercise:
    """One thing to do, and the check that says whether it is done."""

    name: str
    points: int
    hints: tuple[str, ...]
    wrong: tuple[WrongAnswer, ...]
    check: Check

    def __post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem:
            raise DefinitionError(f"Exercise {self.name!r}: {problem}")

    def judge(self, lab: str, answers: Answers, cloud: Cloud) -> Result:
        """The check's verdict; BrokenCheckError if the check itself failed."""
        return Result(lab, self.name, self.points, self._verdict(lab, answers, cloud))

    def _verdict(self, lab: str, answers: Answers, cloud: Cloud) -> Verdict:
        try:
            cloud.ensure()
            return self.check(answers, cloud)
        except Unreadable as unreadable:
            return unreadable.verdict
        except Exception as error:
            verdict = refusals.as_verdict(error)
            if verdict is None:
                raise BrokenCheckError(lab, self.name, error) from error
            return verdict

    def _problems(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "a name is lower-case letters, digits and underscores, at most 48, such as 'private_bucket'."
        if self.points < 1:
            yield f"it gives {self.points} points; give at least 1."
        if not self.hints or not all(hint.strip() for hint in self.hints):
            yield "it has no hints, or an empty one; write at least one, weakest first."
        if len(self.wrong) < _FEWEST_WRONG:
            yield f"it has {len(self.wrong)} wrong answers; name at least {_FEWEST_WRONG}, or nothing proves its check."
        for field in ("name", "message"):
            values = [getattr(wrong, field) for wrong in self.wrong]
            if repeated := _first_repeated(values):
                yield f"two wrong answers share the {field} {repeated!r}; each needs its own."


@dataclass(frozen=True)
class LabDefinition:
    """A lab's content: its exercises in the order a student meets them.

    `bills` says in words, a line each, what the lab costs on Google Cloud. `services` are the APIs, by host, that must
    be on in the project before the first cell.
    """

    id: str
    title: str
    exercises: tuple[Exercise, ...]
    bills: tuple[str, ...]
    services: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.bills:
            raise DefinitionError(f"Lab {self.id!r} does not say what it bills for on Google Cloud.")
        if not self.exercises:
            raise DefinitionError(f"Lab {self.id!r} has no exercises.")
        if unknown := next((name for name in self.services if not name.endswith(".googleapis.com")), None):
            raise DefinitionError(f"Lab {self.id!r}: {unknown!r} is no API. Name its host: storage.googleapis.com.")
        if repeated := _first_repeated([exercise.name for exercise in self.exercises]):
            raise DefinitionError(f"Lab {self.id!r}: two exercises are called {repeated!r}.")

    @property
    def points(self) -> int:
        return sum(exercise.points for exercise in self.exercises)

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name; UnknownNameError offers the nearest one."""
        for candidate in self.exercises:
            if candidate.name == name:
                return candidate
        raise UnknownNameError("exercise", name, (exercise.name for exercise in self.exercises))


def exercise(
    name: str, *, points: int, hints: Iterable[str], wrong: Iterable[WrongAnswer]
) -> Callable[[Check], Exercise]:
    """Makes an `Exercise` of the check below it."""

    def define(check: Check) -> Exercise:
        return Exercise(name, points, tuple(hints), tuple(wrong), check)

    return define


def _first_repeated(values: list[str]) -> str | None:
    return next((value for value in values if values.count(value) > 1), None)
