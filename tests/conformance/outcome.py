"""What a suite found, as a row of the table that `make conformance` prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`goal` is the least that must pass; `failed` names what did not."""

    suite: str
    cases: int
    passed: int
    goal: int
    failed: tuple[str, ...]
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.passed >= self.goal

    @property
    def row(self) -> tuple[str, ...]:
        return self.suite, str(self.cases), str(self.passed), str(self.goal), self.note
