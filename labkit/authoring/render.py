"""A source's cells as a notebook: no outputs, and the same bytes every time.

Cell ids come from the exercise's name, or from a hash of the text: `jupytext --to ipynb` draws them at random, so that
two runs differ and every diff is noise. Answer and check cells carry nbgrader's metadata (schema 3), for its users.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import nbformat

from labkit.authoring.source import Cell

CHECK_TAG = "labkit-check"

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def render(cells: Iterable[Cell], points: Mapping[str, int]) -> str:
    """The text of an .ipynb file; `points` gives each exercise's."""
    used: Counter[str] = Counter()
    notebook = nbformat.v4.new_notebook(
        metadata=_METADATA, cells=[_node(cell, _unique(_id(cell), used), points) for cell in cells]
    )
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _node(cell: Cell, cell_id: str, points: Mapping[str, int]) -> Any:
    if cell.kind == "markdown":
        return nbformat.v4.new_markdown_cell(cell.text, id=cell_id)
    return nbformat.v4.new_code_cell(cell.text, id=cell_id, metadata=_metadata(cell, points))


def _metadata(cell: Cell, points: Mapping[str, int]) -> dict[str, Any]:
    tags = [*cell.tags, CHECK_TAG] if cell.checks else list(cell.tags)
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if cell.exercise:
        metadata["nbgrader"] = _nbgrader(cell.exercise, solution=True)
    elif cell.checks:
        metadata["nbgrader"] = {**_nbgrader(f"check_{cell.checks}", solution=False), "points": points[cell.checks]}
    return metadata


def _nbgrader(grade_id: str, *, solution: bool) -> dict[str, Any]:
    """https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html"""
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }


def _id(cell: Cell) -> str:
    if cell.exercise:
        return f"answer-{cell.exercise}"
    if cell.checks:
        return f"check-{cell.checks}"
    return f"{cell.kind}-{hashlib.sha256(cell.text.encode()).hexdigest()[:12]}"


def _unique(cell_id: str, used: Counter[str]) -> str:
    used[cell_id] += 1
    return cell_id if used[cell_id] == 1 else f"{cell_id}-{used[cell_id]}"
