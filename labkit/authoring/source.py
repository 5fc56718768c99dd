"""A lab's source: a Python file in jupytext's py:percent form, with one answer region per exercise.

    # %% exercise="bucket"
    # --- answer | bucket = ...
    bucket = client.create_bucket(BUCKET, location=REGION)
    # --- end

    # %%
    lab.check("bucket")

After the bar stands the stub, valid Python, that a student gets instead of the answer. A script the notebook writes to
disk is a file of its own, so that it can be linted, tested and run: `# %% writefile="train.py"` becomes a `%%writefile`
cell with the text of `solutions/<lab>/train.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Literal

from labkit.errors import SourceError

_MARKER = re.compile(r"# %%(\s|$)")
_ANSWER = re.compile(r"(?P<indent> *)# --- answer \| (?P<stub>.*\S)\s*")
_ANSWER_BEGINS = re.compile(r"\s*# --- answer\b")
_END = re.compile(r"\s*# --- end\s*")
_CHECK = re.compile(r"""lab\.check\(["'](?P<exercise>\w+)["']\)""")
_KEYS = {"exercise", "writefile", "tags"}
# jupytext's own, where a formatter has left more lines between two cells than it would: a cell has them not.
_BLANK_LINES = "lines_to_next_cell"


@dataclass(frozen=True)
class Region:
    """The part of a cell that a student writes, between what is given before and after it."""

    before: str
    stub: str
    answer: str
    after: str
    margin: str

    def filled(self, code: str) -> str:
        """The cell's text with `code` in the region's place, at the region's indentation."""
        body = indent(dedent(code).strip("\n"), self.margin)
        return "\n".join(part for part in (self.before, body, self.after) if part)


@dataclass(frozen=True)
class Cell:
    """One cell of a source. `line` is where it begins; `checks` is the exercise that it checks."""

    kind: Literal["markdown", "code"]
    text: str
    line: int
    exercise: str | None = None
    region: Region | None = None
    checks: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A parsed source. Its file name is the lab's id."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def id(self) -> str:
        return self.path.stem

    def answers(self) -> dict[str, Cell]:
        """Each exercise's answer cell."""
        return {cell.exercise: cell for cell in self.cells if cell.exercise}

    def checks(self) -> dict[str, Cell]:
        """Each exercise's check cell."""
        return {cell.checks: cell for cell in self.cells if cell.checks}


def read_source(path: Path) -> Source:
    """Parses `path`; SourceError names the line of the first mistake."""
    # jupytext takes 0.4 s to import, and a student's `lab.solution` is the only one to need it in a notebook.
    import jupytext

    text = path.read_text(encoding="utf-8")
    raw = jupytext.reads(text, fmt="py:percent").cells
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _MARKER.match(line)]
    if len(lines) != len(raw):
        raise SourceError(path, 1, f"{len(raw)} cells but {len(lines)} markers; begin every cell with its own '# %%'.")
    cells = tuple(
        _cell(_Raw(path, line, cell.cell_type, cell.source, cell.metadata))
        for line, cell in zip(lines, raw, strict=True)
    )
    _refuse_repeats(path, cells)
    return Source(path, cells)


@dataclass(frozen=True)
class _Raw:
    path: Path
    line: int
    kind: str
    text: str
    metadata: Mapping[str, object]

    def error(self, problem: str, offset: int = 0) -> SourceError:
        return SourceError(self.path, self.line + offset, problem)

    def option(self, key: str) -> str | None:
        value = self.metadata.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(f'{key} is {value!r}; write it as text: {key}="name".')
        return value


def _cell(raw: _Raw) -> Cell:
    unknown = set(raw.metadata) - _KEYS - {_BLANK_LINES}
    if unknown:
        raise raw.error(f"unknown cell option {sorted(unknown)[0]!r}; there are {', '.join(sorted(_KEYS))}.")
    if raw.kind == "markdown":
        return Cell("markdown", raw.text, raw.line)
    if raw.kind != "code":
        raise raw.error(f"a {raw.kind} cell; use code or [markdown].")
    if script := raw.option("writefile"):
        return Cell("code", _writefile(raw, script), raw.line)
    return _code_cell(raw)


def _code_cell(raw: _Raw) -> Cell:
    exercise = raw.option("exercise")
    region = _region(raw)
    if exercise and region is None:
        raise raw.error(f"exercise {exercise!r} has no answer region ('# --- answer | stub' … '# --- end').")
    if region and not exercise:
        raise raw.error("an answer region without its exercise; begin the cell with '# %% exercise=\"name\"'.")
    text = region.filled(region.answer) if region else raw.text
    tags = raw.metadata.get("tags", ())
    return Cell(
        kind="code",
        text=text,
        line=raw.line,
        exercise=exercise,
        region=region,
        checks=_checks(raw),
        tags=tuple(tags) if isinstance(tags, list) else (),
    )


def _writefile(raw: _Raw, script: str) -> str:
    if raw.text.strip():
        raise raw.error(f"a writefile cell has no text of its own; it comes from {raw.path.stem}/{script}.")
    path = raw.path.with_suffix("") / script
    if not path.is_file():
        raise raw.error(f"writefile={script!r}: {path} does not exist.")
    return f"%%writefile {script}\n{path.read_text(encoding='utf-8').rstrip()}"


def _checks(raw: _Raw) -> str | None:
    if "lab.check(" not in raw.text:
        return None
    match = _CHECK.fullmatch(raw.text.strip())
    if match is None:
        raise raw.error('a check stands alone in its cell: lab.check("name").')
    return match["exercise"]


def _region(raw: _Raw) -> Region | None:
    lines = raw.text.split("\n")
    begins = [number for number, line in enumerate(lines) if _ANSWER_BEGINS.match(line)]
    ends = [number for number, line in enumerate(lines) if _END.fullmatch(line)]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        first = (begins or ends)[0]
        raise raw.error("an answer region is one '# --- answer | stub' and then one '# --- end'.", 1 + first)
    (begin,), (end,) = begins, ends
    match = _ANSWER.fullmatch(lines[begin])
    if match is None:
        raise raw.error("an answer region begins '# --- answer | stub'; the stub is missing.", 1 + begin)
    answer = "\n".join(lines[begin + 1 : end])
    if not answer.strip():
        raise raw.error("the answer region is empty.", 1 + begin)
    _refuse_bad_stub(raw, match["stub"], begin)
    return Region(
        before="\n".join(lines[:begin]),
        stub=match["stub"],
        answer=answer,
        after="\n".join(lines[end + 1 :]),
        margin=match["indent"],
    )


def _refuse_bad_stub(raw: _Raw, stub: str, begin: int) -> None:
    try:
        ast.parse(stub)
    except SyntaxError as error:
        raise raw.error(f"the stub {stub!r} is not valid Python: {error.msg}.", 1 + begin) from error


def _refuse_repeats(path: Path, cells: tuple[Cell, ...]) -> None:
    for what, named in (("answer region", _named(cells, "exercise")), ("check", _named(cells, "checks"))):
        seen: dict[str, int] = {}
        for name, line in named:
            if name in seen:
                raise SourceError(path, line, f"a second {what} for {name!r}; the first is at line {seen[name]}.")
            seen[name] = line


def _named(cells: tuple[Cell, ...], attribute: Literal["exercise", "checks"]) -> Iterator[tuple[str, int]]:
    for cell in cells:
        name = getattr(cell, attribute)
        if name:
            yield name, cell.line
