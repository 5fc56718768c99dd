"""Google's retry conformance suite: 570 cases, of which 565 pass and 5 skip themselves on Google's own testbench."""

import os
import shutil
from pathlib import Path

from tests.conformance import local_cloud
from tests.conformance.local_cloud import LocalCloud
from tests.conformance.outcome import Outcome
from tests.conformance.pytest_run import PytestRun

# The suite's own constants.
_PROJECT = "my-project-id"
_SERVICE_ACCOUNT = "my-service-account"

_GOAL = 565
_WORKERS = "4"  # They wait most of the time, as the client's backoff demands.


def run(tests: Path, work: Path, replies: Path) -> Outcome:
    """`tests` is the archive's folder of that name; `work` is for copies and reports, `replies` for the recording."""
    suite = work / "retry_suite"
    shutil.copytree(tests / "conformance", suite, dirs_exist_ok=True)
    # Neither this project's settings for pytest nor its folder of tests are the suite's.
    arguments = (str(suite / "test_conformance.py"), "-n", _WORKERS, "-c", os.devnull, "--rootdir", str(work))
    with local_cloud.running(_PROJECT) as cloud:
        _create_service_account(cloud)
        environment = {
            **cloud.environment,
            "PATH": f"{_no_docker(work)}{os.pathsep}{os.environ['PATH']}",
            "STORAGE_EMULATOR_HOST": "https://storage.googleapis.com",
            "REPLIES": str(replies),
        }
        plugins = ("retry_plugin", "recorder")
        report = PytestRun("retry_suite", work, (*arguments, "-p", "no:cacheprovider"), plugins).run(environment)
    note = f"{report.skipped} skip themselves"
    return Outcome("retry conformance suite", report.cases, report.passed, _GOAL, report.failed, note)


def _create_service_account(cloud: LocalCloud) -> None:
    """The one that the suite makes keys for and grants a role to; Google's testbench does not ask whether it exists."""
    cloud.post(f"https://serviceusage.googleapis.com/v1/projects/{_PROJECT}/services/iam.googleapis.com:enable", {})
    cloud.post(f"https://iam.googleapis.com/v1/projects/{_PROJECT}/serviceAccounts", {"accountId": _SERVICE_ACCOUNT})


def _no_docker(work: Path) -> Path:
    """A folder with a `docker` that does nothing: the suite starts Google's testbench with it."""
    programs = work / "bin"
    programs.mkdir(exist_ok=True)
    docker = programs / "docker"
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    return programs
