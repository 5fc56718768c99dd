"""Writers at work on a local cloud that is killed again and again; what was acknowledged must be there each time."""

import contextlib
import http.client
import os
import random
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from labkit.localcloud.daemon import Daemon
from labkit.localcloud.record import ServerRecord
from tests.durability.link import QUANTUM, Link

_WRITERS = 4
_NAMES = 8  # of each writer: few, so that they are overwritten and deleted often
_LONGEST = 3 * QUANTUM

# What a dying server may leave a client with.
_CONNECTION_LOST = (OSError, http.client.HTTPException)


@dataclass
class Tally:
    """`wrong` says what was found and what was acknowledged."""

    kills: int = 0
    acknowledged: int = 0
    in_doubt: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.acknowledged} acknowledged writes, {self.in_doubt} cut short, "
            f"{len(self.wrong)} lost or corrupt"
        )


def run(daemon: Daemon, rounds: int, seed: int) -> Tally:
    """Kill the server `rounds` times at moments drawn from `seed`."""
    chance = random.Random(seed)
    tally = Tally()
    writers = [_Writer(number, random.Random(chance.random())) for number in range(_WRITERS)]
    with Link(daemon, daemon.ensure()) as link:
        link.create_bucket()
    for _ in range(rounds):
        record = daemon.ensure()
        with Link(daemon, record) as link:
            _check(link, writers, tally)
        _write_until_killed(daemon, record, writers, chance.uniform(0.01, 0.25))
        tally.kills += 1
    with Link(daemon, daemon.ensure()) as link:
        _check(link, writers, tally)
    tally.acknowledged = sum(writer.acknowledged for writer in writers)
    tally.in_doubt = sum(writer.in_doubt for writer in writers)
    return tally


def _write_until_killed(daemon: Daemon, record: ServerRecord, writers: Sequence["_Writer"], seconds: float) -> None:
    with ThreadPoolExecutor(len(writers)) as pool, contextlib.ExitStack() as links:
        working = [pool.submit(writer.work, links.enter_context(Link(daemon, record))) for writer in writers]
        threading.Event().wait(seconds)
        os.kill(record.pid, signal.SIGKILL)
        for each in working:
            each.result()


def _check(link: Link, writers: Sequence["_Writer"], tally: Tally) -> None:
    there = link.names()
    for writer in writers:
        for name, possible in writer.possible.items():
            found = link.read(name) if name in there else None
            if found not in possible:
                tally.wrong.append(f"{name} holds {_sizes([found])}, acknowledged was {_sizes(possible)}")
            writer.possible[name] = {found}


def _sizes(contents: object) -> str:
    return " or ".join("nothing" if each is None else f"{len(each)} bytes" for each in contents)


class _Writer:
    """One client that writes and deletes objects of its own, and knows what each may hold now.

    That is what was acknowledged last, or, of a write that a kill cut short, what was before or after it.
    """

    def __init__(self, number: int, chance: random.Random) -> None:
        self._chance = chance
        self.possible: dict[str, set[bytes | None]] = {f"{number}-{each}": {None} for each in range(_NAMES)}
        self.acknowledged = 0
        self.in_doubt = 0

    def work(self, link: Link) -> None:
        """Until the connection is lost."""
        with contextlib.suppress(*_CONNECTION_LOST):
            while True:
                name = self._chance.choice(list(self.possible))
                deletes = self._chance.random() < 0.2 and self.possible[name] != {None}
                data = None if deletes else self._chance.randbytes(self._chance.randrange(_LONGEST))
                self._write(link, name, data)

    def _write(self, link: Link, name: str, data: bytes | None) -> None:
        self.possible[name] = {*self.possible[name], data}
        self.in_doubt += 1
        link.write(name, data)
        self.in_doubt -= 1
        self.acknowledged += 1
        self.possible[name] = {data}
