"""What must hold of a lab, as pure functions: from a source, or from a verdict, to a `Proof`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from labkit.authoring.kernel import Ran
from labkit.authoring.source import Source
from labkit.checking.exercise import Exercise, LabDefinition, WrongAnswer


@dataclass(frozen=True)
class Claim:
    """One thing that must hold: the `step` of an exercise, and what is expected of it."""

    lab: str
    exercise: str
    step: str
    expected: str


@dataclass(frozen=True)
class Proof:
    """A claim and what was found. `holds` says whether they agree."""

    claim: Claim
    holds: bool
    found: str
    seconds: float = 0.0


def of_source(source: Source, definition: LabDefinition) -> Iterator[Proof]:
    """What can be known without running anything: every exercise is there once, in order, and not solved already."""
    answers, checks = source.answers(), source.checks()
    names = [exercise.name for exercise in definition.exercises]
    order = Claim(source.id, "(all)", "source", "answer regions and checks in the definition's order")
    found = f"answers {', '.join(answers)}; checks {', '.join(checks)}"
    yield Proof(order, list(answers) == names and list(checks) == names, found)
    for exercise in definition.exercises:
        problems = "; ".join(_problems(exercise, source))
        claim = Claim(source.id, exercise.name, "source", "a stub without the answer; wrong answers that are Python")
        yield Proof(claim, not problems, problems or "as expected")


def _problems(exercise: Exercise, source: Source) -> Iterator[str]:
    cell = source.answers().get(exercise.name)
    check = source.checks().get(exercise.name)
    if cell is None or cell.region is None:
        yield "no answer region"
    elif dedent(cell.region.answer).strip() == cell.region.stub:
        yield "the stub is the answer: the exercise is solved already"
    if check is None:
        yield "no check cell"
    elif cell and check.line < cell.line:
        yield f"its check (line {check.line}) comes before its answer (line {cell.line})"
    for wrong in exercise.wrong:
        for code in (wrong.code, wrong.undo):
            if problem := _syntax_error(code):
                yield f"wrong answer {wrong.name!r}: {problem}"


def _syntax_error(code: str) -> str:
    try:
        ast.parse(dedent(code))
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    return ""


def stub_claim(lab: str, exercise: Exercise) -> Claim:
    """What must hold of an untouched exercise."""
    return Claim(lab, exercise.name, "stub", "not attempted")


def of_stub(claim: Claim, stub: Ran, check: Ran) -> Proof:
    """A student's untouched cell runs, and is *not attempted*."""
    found = stub.error or _seen(check)
    return Proof(claim, not stub.error and _outcome(check) == "not attempted", found)


def wrong_claim(lab: str, exercise: Exercise, wrong: WrongAnswer) -> Claim:
    """What must hold of a student's mistake."""
    return Claim(lab, exercise.name, f"wrong: {wrong.name}", f"failed: … {wrong.message} …")


def of_wrong(claim: Claim, exercise: Exercise, wrong: WrongAnswer, attempt: Ran, check: Ran) -> Proof:
    """A wrong answer *fails*, with its own message and no other wrong answer's.

    The `attempt` may raise, as the cell of a failed job does; its error is shown where the claim does not hold.
    """
    text = check.records[0].text if check.records else ""
    others = [other.message for other in exercise.wrong if other is not wrong and other.message in text]
    holds = _outcome(check) == "failed" and wrong.message in text and not others
    notes = [f"also the message of another wrong answer: {other}" for other in others]
    if attempt.error and not holds:
        notes.append(f"its cell raised {attempt.error}")
    return Proof(claim, holds, "\n".join([_seen(check), *notes]))


def answer_claim(lab: str, exercise: Exercise) -> Claim:
    """What must hold of the solution."""
    return Claim(lab, exercise.name, "answer", f"passed, {exercise.points} points")


def of_answer(claim: Claim, exercise: Exercise, check: Ran) -> Proof:
    """The answer *passes*, with all points."""
    full = bool(check.records) and check.records[0].earned == exercise.points
    return Proof(claim, _outcome(check) == "passed" and full, _seen(check))


def _outcome(check: Ran) -> str:
    return check.records[0].outcome if check.records else ""


def _seen(check: Ran) -> str:
    if not check.records:
        return check.error or "the check showed no verdict"
    record = check.records[0]
    return f"{record.outcome}: {record.text}"
