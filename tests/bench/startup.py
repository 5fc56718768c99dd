"""How long until a student can work: the import, the server."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labkit import cloud, settings
from tests.bench.spread import measure, milliseconds


def rows() -> Iterator[tuple[str, ...]]:
    labkit, nothing = measure(_run("import labkit"), _run("pass"), rounds=20)
    added = labkit.p50 - nothing.p50
    yield (
        "import labkit",
        milliseconds(added),
        "",
        "python -c pass",
        f"{labkit.p50 / nothing.p50:.2f}",
        f"{labkit.p99 / nothing.p99:.2f}",
        "< 150 ms",
    )
    with tempfile.TemporaryDirectory() as home:
        (first,) = measure(_start_and_stop(Path(home)), rounds=1)
        (again,) = measure(_start_and_stop(Path(home)), rounds=10)
    yield "local cloud, first start (makes certificates), and stop", milliseconds(first.p50), "", "", "", "", ""
    yield "local cloud ready, and stop", milliseconds(again.p50), milliseconds(again.p99), "", "", "", "< 500 ms"


def _run(code: str):
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def _start_and_stop(home: Path):
    server = cloud.daemon(settings.load({"LABKIT_HOME": str(home)}))

    def run() -> None:
        server.ensure()
        server.stop()

    return run
