"""A verdict together with the exercise it is about: what `lab.check` returns and a runner reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from labkit.checking import display
from labkit.checking.verdict import Outcome, Verdict, earned, lines

VERDICT_JSON = "application/vnd.labkit.verdict+json"

_TITLES: dict[Outcome, str] = {
    "passed": "Passed",
    "failed": "Not right yet",
    "not attempted": "Not attempted",
    "blocked": "Blocked by the cloud, not by you",
}


@dataclass(frozen=True)
class Result:
    """One check of one exercise, shown as text, as HTML, and as JSON for programs (`VERDICT_JSON`)."""

    lab: str
    exercise: str
    points: int
    verdict: Verdict

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome

    @property
    def earned(self) -> int:
        return earned(self.verdict, self.points)

    @property
    def text(self) -> str:
        """The verdict in words, without the heading."""
        return "\n".join(f"{label + ': ' if label else ''}{text}" for label, text in lines(self.verdict))

    def __repr__(self) -> str:
        return f"{self._title}\n{self.text}"

    def _repr_html_(self) -> str:
        return display.card(self._title, lines(self.verdict), display.BORDERS[self.outcome])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        record = Record(self.lab, self.exercise, self.outcome, self.earned, self.points, self.text)
        return {"text/plain": repr(self), "text/html": self._repr_html_(), VERDICT_JSON: record.as_json()}

    @property
    def _title(self) -> str:
        score = f"{self.earned} of {self.points} points"
        return f"{display.MARKS[self.outcome]} {_TITLES[self.outcome]}: {self.exercise} ({score})"


@dataclass(frozen=True)
class Record:
    """A result as it crosses between processes: in an executed notebook, to a runner or a grader."""

    lab: str
    exercise: str
    outcome: Outcome
    earned: int
    points: int
    text: str

    def as_json(self) -> dict[str, str | int]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Record:
        """Reads what `as_json` wrote; a KeyError or ValueError says that it is something else."""
        fields = json.loads(data) if isinstance(data, str) else data
        if fields["outcome"] not in get_args(Outcome):
            raise ValueError(f"{fields['outcome']!r} is no outcome; there are {', '.join(get_args(Outcome))}.")
        return cls(
            lab=str(fields["lab"]),
            exercise=str(fields["exercise"]),
            outcome=fields["outcome"],
            earned=int(fields["earned"]),
            points=int(fields["points"]),
            text=str(fields["text"]),
        )
