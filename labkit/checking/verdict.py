"""What a check says about an answer: passed, failed, not attempted, or blocked. All are plain values.

Only *failed* counts against a student. *Not attempted* is an empty answer, and *blocked* is the cloud's doing (quota,
stock-out, a service that is down): neither is ever scored as wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Outcome = Literal["passed", "failed", "not attempted", "blocked"]


@dataclass(frozen=True)
class Passed:
    """The answer is right. `note` says what was seen, so that a pass teaches something too."""

    note: str
    outcome: ClassVar[Outcome] = "passed"


@dataclass(frozen=True)
class Failed:
    """The answer is wrong: what was found, what was expected, and the next thing to do.

    `earned` are points for the part that is right; 0 when nothing is.
    """

    found: str
    expected: str
    fix: str
    earned: int = 0
    outcome: ClassVar[Outcome] = "failed"


@dataclass(frozen=True)
class NotAttempted:
    """Nothing to judge yet. `note` says which name is still empty."""

    note: str
    outcome: ClassVar[Outcome] = "not attempted"


@dataclass(frozen=True)
class Blocked:
    """The cloud stands in the way, whatever the student wrote: `cause` in its words, `fix` in ours."""

    cause: str
    fix: str
    outcome: ClassVar[Outcome] = "blocked"


Verdict: TypeAlias = Passed | Failed | NotAttempted | Blocked


def earned(verdict: Verdict, points: int) -> int:
    """Points for this verdict, of `points`; a partial answer never earns more than there are."""
    if isinstance(verdict, Passed):
        return points
    if isinstance(verdict, Failed):
        return min(max(verdict.earned, 0), points)
    return 0


def lines(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """The verdict as (label, text) rows: the one wording behind its text and its HTML."""
    rows: tuple[tuple[str, str], ...]
    if isinstance(verdict, Failed):
        rows = (("Found", verdict.found), ("Expected", verdict.expected), ("Next", verdict.fix))
    elif isinstance(verdict, Blocked):
        rows = (("Cloud", verdict.cause), ("Next", verdict.fix))
    else:
        rows = (("", verdict.note),)
    return tuple(row for row in rows if row[1])
