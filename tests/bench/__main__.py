"""`make bench`: what labkit promises about speed, measured on this machine, side by side with a bare reply.

Figures of a busy machine are those of a busy machine: run it alone.
"""

import platform
import tempfile

import psutil
from rich.console import Console
from rich.table import Table

from labkit import cloud, settings
from tests.bench import latency, memory, startup


def main() -> None:
    console = Console()
    console.print(f"{platform.platform()}, Python {platform.python_version()}, {psutil.cpu_count()} cores")
    table = Table("what", "p50", "p99", "against", "ratio p50", "ratio p99", "goal")
    for row in startup.rows():
        table.add_row(*row)
    with tempfile.TemporaryDirectory() as home:
        chosen = settings.load({"LABKIT_HOME": home})
        connected = cloud.connect(settings.LOCAL, settings=chosen)
        server = psutil.Process(cloud.daemon(chosen).ensure().pid)
        try:
            for row in (memory.at_start(server), *latency.rows(connected), memory.after_work(server, connected)):
                table.add_row(*row)
        finally:
            cloud.disconnect()
            cloud.daemon(chosen).stop()
    console.print(table)


main()
