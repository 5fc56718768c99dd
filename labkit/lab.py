"""What a student's notebook holds: `lab = labkit.start("06_training")`, then `lab.check("bucket")`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from labkit import labs
from labkit.checking.answers import Answers
from labkit.checking.display import EDGE, Hints, Solution, Standing, Standings, card
from labkit.checking.exercise import LabDefinition
from labkit.checking.result import Result
from labkit.errors import LabkitError, UnknownNameError
from labkit.localcloud.core.clock import SystemClock
from labkit.progress import Progress

if TYPE_CHECKING:
    from labkit.auth import Whoami
    from labkit.cloud import Cloud
    from labkit.project import Plan

# A bucket's name has at most 63 characters: https://cloud.google.com/storage/docs/buckets#naming
_LONGEST_NAME = 63


class Lab:
    """One student's work on one lab, on one cloud.

    `names` is the notebook's own namespace: looked at when a check runs, never written to. `setup` is what was done to
    the project before the lab could begin.
    """

    def __init__(
        self, definition: LabDefinition, cloud: Cloud, names: Mapping[str, object], progress: Progress, setup: Plan
    ) -> None:
        self._definition = definition
        self._cloud = cloud
        self._setup = setup
        self._names = names
        self._progress = progress

    @property
    def id(self) -> str:
        return self._definition.id

    @property
    def project(self) -> str:
        """The project's id, for `storage.Client(project=…)` and `aiplatform.init(project=…)`."""
        return self._cloud.project

    @property
    def region(self) -> str:
        """Where the lab's resources belong, such as "us-central1"."""
        return self._cloud.region

    def unique_name(self, purpose: str) -> str:
        """A name no other project has, for a bucket: the project's id, itself unique, and `purpose`.

        The same each time, so that a restarted kernel finds its bucket again.
        """
        name = f"{self.project}-{purpose}"
        if len(name) <= _LONGEST_NAME:
            return name
        digest = hashlib.sha256(self.project.encode()).hexdigest()[:12]
        return f"{purpose}-{digest}"[-_LONGEST_NAME:]

    def act_as(self, who: str) -> Whoami:
        """Make this notebook "student", "teacher", "machine", or a service account by its address.

        It holds for clients made from now on. On Google Cloud the student is who signed in with
        `gcloud auth application-default login`. Raises CloudError.
        """
        from labkit import auth

        return auth.act_as(self._cloud, who)

    def check(self, exercise: str) -> Result:
        """Judges an exercise by what the cloud holds now, and keeps the result."""
        result = self._definition.exercise(exercise).judge(self.id, Answers(self._names), self._cloud)
        self._progress.record(result)
        return result

    def hint(self, exercise: str, tier: int = 1) -> Hints:
        """Hints, weakest first; `tier` is counted from 1."""
        hints = self._definition.exercise(exercise).hints
        if not 1 <= tier <= len(hints):
            tiers = (str(number) for number in range(1, len(hints) + 1))
            raise UnknownNameError("hint", str(tier), tiers)
        return Hints(exercise, hints, tier)

    def solution(self, exercise: str) -> Solution:
        """The answer, from the course's solutions; LabkitError where they were not handed out."""
        from labkit.authoring.source import read_source
        from labkit.authoring.tree import find_lab_source

        self._definition.exercise(exercise)
        source = find_lab_source(self.id, Path.cwd(), Path(__file__).parent)
        if source is None:
            raise LabkitError(
                f"There is no solutions/{self.id}.py at or above {Path.cwd()}. "
                f"This copy of the course comes without solutions; lab.hint({exercise!r}) still helps."
            )
        region = read_source(source).answers()[exercise].region
        assert region is not None
        return Solution(exercise, dedent(region.answer))

    def progress(self) -> Standings:
        """Every exercise with the best result so far."""
        entries = self._progress.entries()
        rows = tuple(
            Standing(exercise.name, entry.outcome, entry.earned, exercise.points)
            if (entry := entries.get(exercise.name))
            else Standing(exercise.name, "not attempted", 0, exercise.points)
            for exercise in self._definition.exercises
        )
        return Standings(self._definition.title, rows)

    def __repr__(self) -> str:
        return "\n".join([self._title, *(f"{label}: {text}" for label, text in self._facts())])

    def _repr_html_(self) -> str:
        return card(self._title, self._facts(), EDGE)

    @property
    def _title(self) -> str:
        return f"{self._definition.title} ({self.id})"

    def _facts(self) -> tuple[tuple[str, str], ...]:
        """The lab as (label, text) rows: the one wording behind its text and its HTML."""
        bills = f"bills for {'; '.join(self._definition.bills)}" if self._cloud.bills else "bills nothing"
        standings = self.progress()
        return (
            ("Cloud", f"{self._cloud.name}, {bills}"),
            ("Project", f"{self.project}, region {self.region}"),
            *(("Set up", step.title) for step in self._setup.steps),
            ("Progress", f"{standings.earned} of {standings.points} points; `lab.progress()` shows them one by one"),
        )


def start(lab: str, *, cloud: str | None = None, project: str | None = None, yes: bool = False) -> Lab:
    """Begins or resumes a lab in the notebook that calls it.

    The APIs that the lab needs are enabled in the project, which bills nothing. `cloud` is "local" or "google"; without
    it LABKIT_CLOUD decides, else local. On Google Cloud `project` is needed,
    and once per project `yes=True`, after the ConsentNeededError that says what will be billed.
    """
    # In a notebook the caller's globals are IPython's `user_ns`; in a script, the module's own. Both are live.
    names = sys._getframe(1).f_globals
    definition = labs.find(lab)

    from labkit import project as projects
    from labkit import settings
    from labkit.cloud import connect

    chosen = settings.load()
    connected = connect(cloud or chosen.cloud, project=project, yes=yes, bills=definition.bills, settings=chosen)
    setup = projects.ensure(connected, definition.services)
    path = chosen.home / "progress" / connected.name / connected.project / f"{lab}.json"
    return Lab(definition, connected, names, Progress(path, clock=SystemClock()), setup)
