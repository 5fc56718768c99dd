"""`labkit verify`: proves a lab on one fresh local cloud and one real kernel.

The walk follows the solution's cells in order. At each exercise: the untouched stub must be *not attempted*, each wrong
answer must fail with its own message, and the answer must pass with all its points.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from rich.table import Table
from rich.text import Text

from labkit import labs
from labkit.authoring import cut, proof
from labkit.authoring.fresh import fresh_cloud
from labkit.authoring.kernel import Kernel, Ran, kernel
from labkit.authoring.proof import Claim, Proof
from labkit.authoring.source import Cell, Source, read_source
from labkit.authoring.tree import Tree
from labkit.checking.exercise import Exercise, LabDefinition, WrongAnswer


def verify(root: Path, lab_ids: Iterable[str], on_proof: Callable[[Proof], None]) -> list[Proof]:
    """Every proof of each lab, in order; `on_proof` hears of each at once. A lab whose source is wrong is not run."""
    proofs: list[Proof] = []
    for lab in lab_ids:
        for found in _prove(read_source(Tree(root).lab_source(lab)), labs.find(lab)):
            proofs.append(found)
            on_proof(found)
    return proofs


def table(proofs: Iterable[Proof]) -> Table:
    """Each proof on a row, in one line where it holds; where it does not, what was expected and found, in full."""
    view = Table(title="labkit verify", expand=True)
    for name in ("Exercise", "Step"):
        view.add_column(name, no_wrap=True)
    view.add_column("Holds")
    view.add_column("Found", overflow="ellipsis", ratio=1)
    view.add_column("Seconds", justify="right")
    for found in proofs:
        mark, colour = ("yes", "green") if found.holds else ("NO", "red")
        seen = Text(found.found.splitlines()[0], no_wrap=True, overflow="ellipsis")
        if not found.holds:
            seen = Text(f"expected {found.claim.expected}\nfound {found.found}")
        view.add_row(found.claim.exercise, found.claim.step, Text(mark, style=colour), seen, f"{found.seconds:.1f}")
    return view


def _prove(source: Source, definition: LabDefinition) -> Iterator[Proof]:
    static = list(proof.of_source(source, definition))
    yield from static
    if all(found.holds for found in static):
        with fresh_cloud() as fresh, kernel(fresh) as running:
            yield from Walk(source, definition, running).proofs()


class Walk:
    """One pass over a source's cells in one kernel; see the module's text."""

    def __init__(self, source: Source, definition: LabDefinition, running: Kernel) -> None:
        self._source = source
        self._definition = definition
        self._kernel = running

    def proofs(self) -> Iterator[Proof]:
        """Each proof as soon as it is known; the last one is a cell that does not run, if there is one."""
        for cell in self._source.cells:
            if cell.kind == "markdown":
                continue
            if cell.exercise:
                yield from self._mistakes(cell, self._definition.exercise(cell.exercise))
            if cell.checks:
                yield self._answer(self._definition.exercise(cell.checks))
                continue
            ran = self._kernel.run(cell.text)
            if ran.error:
                claim = Claim(self._source.id, cell.exercise or "(given)", f"line {cell.line}", "a cell that runs")
                yield Proof(claim, holds=False, found=ran.error)
                return  # What follows would fail for this reason, not for its own.

    def _mistakes(self, cell: Cell, exercise: Exercise) -> Iterator[Proof]:
        claim = proof.stub_claim(self._source.id, exercise)
        started = time.perf_counter()
        stub = self._kernel.run(cut.with_stub(cell))
        yield _timed(started, proof.of_stub(claim, stub, self._check(exercise)))
        for wrong in exercise.wrong:
            yield from self._wrong(cell, exercise, wrong)

    def _wrong(self, cell: Cell, exercise: Exercise, wrong: WrongAnswer) -> Iterator[Proof]:
        claim = proof.wrong_claim(self._source.id, exercise, wrong)
        started = time.perf_counter()
        attempt = self._kernel.run(cut.with_code(cell, wrong.code))
        yield _timed(started, proof.of_wrong(claim, exercise, wrong, attempt, self._check(exercise)))
        undone = self._kernel.run(dedent(wrong.undo)) if wrong.undo else Ran((), "")
        if undone.error:
            undo = replace(claim, step=f"undo: {wrong.name}", expected="the cloud as before")
            yield Proof(undo, holds=False, found=undone.error)

    def _answer(self, exercise: Exercise) -> Proof:
        started = time.perf_counter()
        claim = proof.answer_claim(self._source.id, exercise)
        return _timed(started, proof.of_answer(claim, exercise, self._check(exercise)))

    def _check(self, exercise: Exercise) -> Ran:
        return self._kernel.run(f'lab.check("{exercise.name}")')


def _timed(started: float, found: Proof) -> Proof:
    return replace(found, seconds=time.perf_counter() - started)
