"""`make operations`: what Google's own clients can do on the local cloud's Cloud Storage, counted from what ran.

A test counts where it bears `@pytest.mark.operation(group, client=…)`: as one operation, or as many as it has subtests.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field

import pytest

_LIBRARY = "google-cloud-storage"
_CLIS = ("gcloud storage", "gsutil")


@dataclass(frozen=True)
class Operation:
    """`name` is the test's, and the subtest's."""

    client: str
    group: str
    name: str


@dataclass(eq=False)  # pytest keeps its plugins in a set.
class Tally:
    """A plugin of pytest: remembers of each operation whether every part of it passed.

    A test that fails, or is skipped, with its subtests counts as one more that did not pass.
    """

    passed: dict[Operation, bool] = field(default_factory=dict)
    _with_subtests: set[str] = field(default_factory=set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        for item in items:
            if marker := item.get_closest_marker("operation"):
                client = marker.kwargs.get("client", _LIBRARY)
                item.user_properties.append(("operation", (client, *marker.args, item.originalname)))

    def pytest_runtest_logreport(self, report):
        found = dict(report.user_properties).get("operation")
        if found is None:
            return
        if isinstance(report, pytest.SubtestReport):
            self._with_subtests.add(report.nodeid)
            self._count(Operation(*found[:2], f"{found[2]}: {report.context.msg}"), passed=report.passed)
        elif not report.passed or (report.when == "teardown" and report.nodeid not in self._with_subtests):
            self._count(Operation(*found), passed=report.passed)

    def _count(self, operation, *, passed):
        self.passed[operation] = self.passed.get(operation, True) and passed

    @property
    def table(self):
        """Markdown."""
        rows = ["| client | operations on | pass |", "|---|---|---:|"]
        rows += self._part("client libraries", [each for each in self.passed if each.client not in _CLIS])
        rows += self._part("command lines", [each for each in self.passed if each.client in _CLIS])
        return "\n".join(rows)

    def _part(self, title, operations):
        of_all = Counter((each.client, each.group) for each in operations)
        good = Counter((each.client, each.group) for each in operations if self.passed[each])
        for client, group in sorted(of_all):
            yield f"| {client} | {group} | {good[client, group]} of {of_all[client, group]} |"
        yield f"| **{title}** | | **{good.total()} of {of_all.total()}** |"


def main():
    tally = Tally()
    status = pytest.main(["-q", "-m", "operation and not google", "tests/contract", *sys.argv[1:]], plugins=[tally])
    print(tally.table)
    for operation in (found for found, passed in tally.passed.items() if not passed):
        print(f"failed: {operation.client}: {operation.name}")
    return status


if __name__ == "__main__":
    sys.exit(main())
