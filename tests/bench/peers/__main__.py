"""`make bench-peers`: the local cloud's storage beside two others, on this machine, round by round in turn.

What is shown is the median of the rounds and its ratio to the best of the others: 1.0 or more is the goal.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.peers import streaming, work
from tests.bench.peers.client import Client, GoogleClient, ThinClient
from tests.bench.peers.servers import Server, all_of_them

_VENVS = Path(__file__).parents[3] / "build" / "peers"
_MIB = 1024 * 1024
_CLIENTS = {"google-cloud-storage": GoogleClient, "a thin client": ThinClient}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder, all_of_them(Path(folder), _VENVS) as servers:
        for server in servers:
            _tell(f"preparing {server.name}")
            work.prepare(lambda server=server: ThinClient(server))
        for name, client in _CLIENTS.items():
            table = Table(
                "what", "unit", *(server.name for server in servers), "ratio to the best other", title=f"with {name}"
            )
            for row in work.ROWS:
                _tell(f"{row.title}, with {name}")
                table.add_row(row.title, row.unit, *_shown(_medians(row, servers, client, rounds)))
            console.print(table)
        console.print(_memory(servers))


def _medians(row: work.Row, servers: Sequence[Server], client: Callable[[Server], Client], rounds: int) -> list[float]:
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(rounds):
        for server in servers:
            rates[server.name].append(row.rate(lambda server=server: client(server), number))
    return [statistics.median(each) for each in rates.values()]


def _shown(medians: Sequence[float]) -> list[str]:
    own, *others = medians
    return [*(f"{each:,.0f}" for each in medians), f"{own / max(others):.2f}"]


def _memory(servers: Sequence[Server]) -> str:
    after = ", ".join(f"{server.name} {server.memory / _MIB:.0f} MiB" for server in servers)
    gained = streaming.growth(servers[0]) / _MIB
    return f"memory after all that: {after}; gained by {servers[0].name} while 1 GiB went up and down: {gained:.0f} MiB"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


main()
