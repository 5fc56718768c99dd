"""pytest in a process of its own, with this folder's plugins, and its report read."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_PLUGINS = Path(__file__).parent


@dataclass(frozen=True)
class Report:
    """What pytest counted; `failed` are names."""

    cases: int
    skipped: int
    failed: tuple[str, ...]

    @property
    def passed(self) -> int:
        return self.cases - self.skipped - len(self.failed)


@dataclass(frozen=True)
class PytestRun:
    """`name` is what its log and its report are called in the folder `work`."""

    name: str
    work: Path
    arguments: tuple[str, ...]
    plugins: tuple[str, ...]

    def run(self, environment: Mapping[str, str]) -> Report:
        report, log = self.work / f"{self.name}.xml", self.work / f"{self.name}.log"
        command = [sys.executable, "-m", "pytest", *self.arguments, "-q", "--tb=line", f"--junitxml={report}"]
        for plugin in self.plugins:
            command += ["-p", plugin]
        path = {"PYTHONPATH": str(_PLUGINS)}
        with log.open("w") as output:
            subprocess.run(command, env={**environment, **path}, stdout=output, stderr=output, check=False)
        return _read(report)


def _read(path: Path) -> Report:
    cases = ElementTree.parse(path).getroot().findall(".//testcase")
    failed = tuple(case.attrib["name"] for case in cases if {"failure", "error"} & {child.tag for child in case})
    return Report(len(cases), sum(case.find("skipped") is not None for case in cases), failed)
