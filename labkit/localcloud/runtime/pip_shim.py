"""What `pip` and `pip3` are to a job: this machine's own pip, with two things spared. Run by the job's Python.

Google's SDK starts every packaged script with `pip install --upgrade pip && pip3 install -q --user /gcs/....tar.gz`
(google-cloud-aiplatform 2.7.0, aiplatform/utils/source_utils.py and jobs.py). The first would change the machine's
Python or need the network: it is answered, not done. The second would download setuptools into an isolated build
environment: a plain setup.py is built with the setuptools that is here.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tarfile

UPGRADES_PIP_ONLY = "labkit: the local cloud's pip is this machine's own; `pip install --upgrade pip` changes nothing."
NO_PIP = "labkit: this machine's Python has no pip, so the job cannot install packages. Add it: python -m ensurepip"


def only_upgrades_pip(arguments: list[str]) -> bool:
    """Whether this is `install --upgrade pip` and nothing else, options for the output aside."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    return named == ["install", "pip"] and bool({"--upgrade", "-U"} & set(arguments))


def is_plain_sdist(path: str) -> bool:
    """Whether any setuptools builds this source archive: it has a setup.py, and no pyproject.toml."""
    if not path.endswith((".tar.gz", ".tgz")) or not os.path.isfile(path):  # noqa: PTH113
        return False
    with tarfile.open(path) as archive:
        top = {name.partition("/")[2] for name in archive.getnames()}
    return "setup.py" in top and "pyproject.toml" not in top


def arguments_for_pip(arguments: list[str]) -> list[str]:
    """The arguments that pip itself gets."""
    if any(is_plain_sdist(argument) for argument in arguments) and importlib.util.find_spec("setuptools"):
        return [*arguments, "--no-build-isolation"]
    return arguments


def main(arguments: list[str]) -> int:
    """Answer, or become pip."""
    if only_upgrades_pip(arguments):
        print(UPGRADES_PIP_ONLY)  # noqa: T201
        return 0
    if importlib.util.find_spec("pip") is None:
        print(NO_PIP, file=sys.stderr)  # noqa: T201
        return 1
    return os.execv(sys.executable, [sys.executable, "-m", "pip", *arguments_for_pip(arguments)])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
