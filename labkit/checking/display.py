"""How results, hints and solutions look: HTML that survives JupyterLab's sanitiser, and text that says the same.

An untrusted notebook loses `<style>`, `role`, `aria-*` and `var()`; plain inline styles, tables and `<details>` stay.
So structure is inline, the meaning is in words, and colour is only a border.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from labkit.checking.verdict import Outcome

# Each is seen on white and on JupyterLab's dark #111: at least 3:1 on both, as WCAG asks of what is not text.
BORDERS: dict[Outcome, str] = {
    "passed": "#2e7d32",
    "failed": "#d32f2f",
    "not attempted": "#757575",
    "blocked": "#e65100",
}
EDGE = "#1976d2"  # Of a card that gives no verdict.
MARKS: dict[Outcome, str] = {"passed": "✔", "failed": "✘", "not attempted": "○", "blocked": "‖"}

_CODE = re.compile(r"`([^`\n]+)`")


def card(title: str, rows: Iterable[tuple[str, str]], border: str) -> str:
    """A heading over (label, text) rows, with a coloured edge."""
    body = "".join(_row(label, text) for label, text in rows)
    return (
        f'<div style="border-left:4px solid {border};padding:4px 12px;margin:4px 0;overflow-x:auto">'
        f"<strong>{escape(title)}</strong>{body}</div>"
    )


def marked(text: str) -> str:
    """Text as HTML, with `code` where it stands between backticks."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _prose(text: str) -> str:
    """The first line as `marked`; those after it as they are, for they are the end of a log."""
    first, _, log = text.partition("\n")
    # A long line wraps: one that scrolls hides its end, and the end of an error is what matters.
    return marked(first) + (f'<pre style="white-space:pre-wrap;margin:4px 0">{escape(log)}</pre>' if log else "")


def _row(label: str, text: str) -> str:
    head = f"<strong>{escape(label)}:</strong> " if label else ""
    return f'<div style="margin-top:4px;overflow-wrap:anywhere">{head}{_prose(text)}</div>'


def _details(summary: str, body: str, *, is_open: bool = False) -> str:
    state = " open" if is_open else ""
    return f'<details{state} style="margin:4px 0"><summary>{escape(summary)}</summary>{body}</details>'


@dataclass(frozen=True)
class Hints:
    """Hints in tiers, weakest first. Only `tier` is to be read at once; HTML folds the others, text says how to ask."""

    exercise: str
    hints: tuple[str, ...]
    tier: int

    def __repr__(self) -> str:
        shown = f"{self._title(self.tier)}: {self.hints[self.tier - 1]}"
        if self.tier < len(self.hints):
            return f"{shown}\nMore: lab.hint({self.exercise!r}, {self.tier + 1})"
        return f"{shown}\nStill stuck? lab.solution({self.exercise!r})"

    def _repr_html_(self) -> str:
        tiers = "".join(
            _details(self._title(tier), f'<div style="margin:4px 16px">{marked(hint)}</div>', is_open=tier == self.tier)
            for tier, hint in enumerate(self.hints, start=1)
        )
        return f'{tiers}<div style="margin:4px 0">{marked(f"Still stuck? `lab.solution({self.exercise!r})`")}</div>'

    def _title(self, tier: int) -> str:
        return f"Hint {tier} of {len(self.hints)} for {self.exercise}"


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
        body = (
            f"  {row.exercise:<{width}}  {row.earned}/{row.points}  {MARKS[row.outcome]} {row.outcome}"
            for row in self.rows
        )
        return "\n".join([self._caption, *body])

    def _repr_html_(self) -> str:
        head = _table_row("th", "Exercise", "Points", "Best verdict so far")
        rows = (
            _table_row("td", row.exercise, f"{row.earned} of {row.points}", f"{MARKS[row.outcome]} {row.outcome}")
            for row in self.rows
        )
        table = f'<table style="margin:4px 0">{head}{"".join(rows)}</table>'
        return f'<div style="overflow-x:auto"><strong>{escape(self._caption)}</strong>{table}</div>'

    @property
    def _caption(self) -> str:
        return f"{self.title}: {self.earned} of {self.points} points"


def _table_row(tag: str, *cells: str) -> str:
    # JupyterLab sets the cells of a table to the right, which suits numbers.
    return "<tr>" + "".join(f'<{tag} style="text-align:left">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"
