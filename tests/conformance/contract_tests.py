"""The project's own contract tests once more, for the replies that Google's clients are given in them."""

import os
from pathlib import Path

from tests.conformance.outcome import Outcome
from tests.conformance.pytest_run import PytestRun

_CONTRACT = Path(__file__).parents[1] / "contract"


def run(work: Path, replies: Path) -> Outcome:
    """`replies` is the folder of the recording."""
    arguments = (str(_CONTRACT), "-m", "not google")
    report = PytestRun("contract", work, arguments, ("recorder",)).run({**os.environ, "REPLIES": str(replies)})
    cases = report.cases - report.skipped
    return Outcome("contract tests", cases, report.passed, cases, report.failed, f"{report.skipped} skip themselves")
