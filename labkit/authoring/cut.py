"""From a source to its two notebooks' cells: the solution keeps the answers, the exercise has stubs in their place."""

from __future__ import annotations

from dataclasses import replace

from labkit.authoring.source import Cell, Source

# Above every stub, so that a student sees where to write, and that the line below is theirs.
_INVITATION = "# Your answer: replace the dots."


def solution(source: Source) -> tuple[Cell, ...]:
    """The cells with their answers."""
    return source.cells


def exercise(source: Source) -> tuple[Cell, ...]:
    """The cells with their answers cut out."""
    return tuple(replace(cell, text=with_stub(cell)) for cell in source.cells)


def with_stub(cell: Cell) -> str:
    """The cell as a student finds it; a cell without an answer region is unchanged."""
    return with_code(cell, f"{_INVITATION}\n{cell.region.stub}") if cell.region else cell.text


def with_code(cell: Cell, code: str) -> str:
    """The cell with `code` where the answer stands: the answer of a student, right or wrong."""
    return cell.region.filled(code) if cell.region else cell.text
