"""`labkit build`: every notebook from its source. `labkit build --check`: what differs, without writing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labkit import labs
from labkit.authoring import cut
from labkit.authoring.render import render
from labkit.authoring.source import Cell, Source, read_source
from labkit.authoring.tree import Tree
from labkit.errors import SourceError

_SHOWN_LINES = 12


@dataclass(frozen=True)
class Difference:
    """A notebook that is not what its source says. `detail` shows the first lines that differ."""

    path: Path
    kind: Literal["missing", "differs", "no source"]
    detail: str = ""

    def __str__(self) -> str:
        heading = f"{self.path}: {self.kind}"
        return f"{heading}\n{self.detail}" if self.detail else heading


def rendered(root: Path) -> dict[Path, str]:
    """Every notebook the sources under `root` stand for, and its text. Writes nothing."""
    tree = Tree(root)
    notebooks: dict[Path, str] = {}
    for path in tree.lab_sources():
        source = read_source(path)
        points = _points(source)
        notebooks[tree.solutions / f"{source.id}.ipynb"] = render(cut.solution(source), points)
        notebooks[tree.exercises / f"{source.id}.ipynb"] = render(cut.exercise(source), points)
    for path in tree.lesson_sources():
        source = read_source(path)
        notebooks[tree.lessons / f"{source.id}.ipynb"] = render(_lesson_cells(source), {})
    return notebooks


def build(root: Path) -> list[Path]:
    """Writes the notebooks that differ from their sources, removes those without one; returns both."""
    stale = differences(root)
    notebooks = rendered(root)
    for difference in stale:
        if difference.kind == "no source":
            difference.path.unlink()
        else:
            _write(difference.path, notebooks[difference.path])
    return [difference.path for difference in stale]


def differences(root: Path) -> list[Difference]:
    """Every notebook that is missing, differs from its source, or has none."""
    notebooks = rendered(root)
    found = [difference for path, text in notebooks.items() if (difference := _compare(path, text))]
    strays = [Difference(path, "no source") for path in Tree(root).generated() if path not in notebooks]
    return found + strays


def _compare(path: Path, expected: str) -> Difference | None:
    if not path.is_file():
        return Difference(path, "missing")
    actual = path.read_text(encoding="utf-8")
    if actual == expected:
        return None
    return Difference(path, "differs", "\n".join(_first_lines(actual, expected)))


def _first_lines(actual: str, expected: str) -> Iterator[str]:
    lines = difflib.unified_diff(actual.splitlines(), expected.splitlines(), "on disk", "from source", lineterm="", n=1)
    for number, line in enumerate(lines):
        if number == _SHOWN_LINES:
            yield "…"
            return
        yield line


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".ipynb.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)  # noqa: PTH105 - atomic, also over an open file on Windows.


def _points(source: Source) -> dict[str, int]:
    definition = labs.find(source.id)
    points = {exercise.name: exercise.points for exercise in definition.exercises}
    for name, cell in {**source.answers(), **source.checks()}.items():
        if name not in points:
            known = ", ".join(points)
            raise SourceError(source.path, cell.line, f"{name!r} is no exercise of lab {source.id}; there are {known}.")
    return points


def _lesson_cells(source: Source) -> tuple[Cell, ...]:
    for cell in source.cells:
        if cell.exercise or cell.checks:
            raise SourceError(source.path, cell.line, "a lesson has no exercises; those belong in solutions/.")
    return source.cells
