"""How results, hints and solutions look: HTML that survives JupyterLab's sanitiser, and text that says the same.

An untrusted notebook loses `<style>`, `role`, `aria-*` and `var()`; plain inline styles, tables and `<details>` stay.
So structure is inline, the meaning is in words, and colour is only a border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from labkit.checking.verdict import Outcome

BORDERS: dict[Outcome, str] = {
    "passed": "#2e7d32",
    "failed": "#c62828",
    "not attempted": "#757575",
    "blocked": "#ef6c00",
}


def card(title: str, rows: Iterable[tuple[str, str]], border: str) -> str:
    """A heading over (label, text) rows, with a coloured edge."""
    body = "".join(_row(label, text) for label, text in rows)
    return (
        f'<div style="border-left:4px solid {border};padding:4px 12px;margin:4px 0;overflow-x:auto">'
        f"<strong>{escape(title)}</strong>{body}</div>"
    )


def _row(label: str, text: str) -> str:
    head = f"<em>{escape(label)}:</em> " if label else ""
    return f'<div style="margin-top:4px;white-space:pre-wrap">{head}{escape(text)}</div>'


def _details(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


@dataclass(frozen=True)
class Hints:
    """Hints in tiers, weakest first. HTML folds every tier; text shows `tier` and says how to ask for the next."""

    exercise: str
    hints: tuple[str, ...]
    tier: int

    def __repr__(self) -> str:
        shown = f"Hint {self.tier} of {len(self.hints)}: {self.hints[self.tier - 1]}"
        if self.tier < len(self.hints):
            return f"{shown}\nMore: lab.hint({self.exercise!r}, {self.tier + 1})"
        return f"{shown}\nStill stuck? lab.solution({self.exercise!r})"

    def _repr_html_(self) -> str:
        paragraphs = (f'<p style="white-space:pre-wrap">{escape(hint)}</p>' for hint in self.hints)
        return "".join(
            _details(f"Hint {tier} of {len(self.hints)} for {self.exercise}", paragraph)
            for tier, paragraph in enumerate(paragraphs, start=1)
        )


@dataclass(frozen=True)
class Solution:
    """The code of an answer, folded away in HTML."""

    exercise: str
    code: str

    def __repr__(self) -> str:
        return self.code

    def _repr_html_(self) -> str:
        return _details(f"A solution of {self.exercise}", f"<pre>{escape(self.code)}</pre>")


@dataclass(frozen=True)
class Standing:
    """One exercise in a progress table."""

    exercise: str
    outcome: Outcome
    earned: int
    points: int


@dataclass(frozen=True)
class Standings:
    """A lab's progress: every exercise, and the sum."""

    title: str
    rows: tuple[Standing, ...]

    @property
    def earned(self) -> int:
        return sum(row.earned for row in self.rows)

    @property
    def points(self) -> int:
        return sum(row.points for row in self.rows)

    def __repr__(self) -> str:
        width = max((len(row.exercise) for row in self.rows), default=0)
        body = (f"  {row.exercise:<{width}}  {row.earned}/{row.points}  {row.outcome}" for row in self.rows)
        return "\n".join([f"{self.title}: {self.earned} of {self.points} points", *body])

    def _repr_html_(self) -> str:
        cells = (
            f"<tr><td>{escape(row.exercise)}</td><td>{row.earned} of {row.points}</td><td>{row.outcome}</td></tr>"
            for row in self.rows
        )
        caption = f"<strong>{escape(self.title)}: {self.earned} of {self.points} points</strong>"
        head = "<tr><th>Exercise</th><th>Points</th><th>Verdict</th></tr>"
        return f'<div style="overflow-x:auto">{caption}<table>{head}{"".join(cells)}</table></div>'
