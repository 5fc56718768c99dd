"""`make conformance`: what Google's own suites and documents say of the local cloud."""

import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance import archives, contract_tests, discovery, retry_suite, signing

_WORK = Path(__file__).parents[2] / "build" / "conformance"


def main() -> int:
    _WORK.mkdir(parents=True, exist_ok=True)
    tests = archives.unpacked(_WORK)
    replies = _WORK / "replies"
    shutil.rmtree(replies, ignore_errors=True)
    outcomes = [*signing.run(tests), retry_suite.run(tests, _WORK, replies), contract_tests.run(_WORK, replies)]
    outcomes.append(discovery.check(replies))
    table = Table("suite", "cases", "pass", "goal", "")
    for outcome in outcomes:
        table.add_row(*outcome.row)
    console = Console()
    console.print(table)
    for outcome in outcomes:
        for name in outcome.failed:
            console.print(f"{outcome.suite}: {name}", markup=False, soft_wrap=True)
    return 0 if all(outcome.holds for outcome in outcomes) else 1


sys.exit(main())
