"""What the servers are made to do. Each row's figure is a rate: more is better."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.bench.peers.client import Client

BUCKET = "bench-data"
LISTED = "bench-many"
_MIB = 1024 * 1024
_LARGE = os.urandom(64 * _MIB)
_SMALL = os.urandom(4096)
_OBJECTS = 10_000


# Makes a client of one of the servers: each thread needs its own.
Connect = Callable[[], Client]


@dataclass(frozen=True)
class Row:
    """`work` does `amount` of `unit`, in a round of that number."""

    title: str
    amount: int
    unit: str
    work: Callable[[Connect, int], None]

    def rate(self, connect: Connect, number: int) -> float:
        began = time.perf_counter()
        self.work(connect, number)
        return self.amount / (time.perf_counter() - began)


def prepare(connect: Connect) -> None:
    """The buckets, and the objects that are listed."""
    client = connect()
    client.create_bucket(BUCKET)
    client.create_bucket(LISTED)
    _in_threads(connect, 4, _OBJECTS, lambda client, number: client.upload(LISTED, f"{number:05}", b"x"))


def _chunked(connect: Connect, _: int) -> None:
    connect().upload_in_chunks(BUCKET, "large", _LARGE, 8 * _MIB)


def _one_shot(connect: Connect, _: int) -> None:
    connect().upload(BUCKET, "large", _LARGE)


def _down(connect: Connect, _: int) -> None:
    _expect(connect().download(BUCKET, "large"), len(_LARGE))


def _small_up(threads: int, count: int) -> Row:
    def work(connect: Connect, number: int) -> None:
        _in_threads(connect, threads, count, lambda client, each: client.upload(BUCKET, f"{number}/{each}", _SMALL))

    return Row(f"4 KiB up, {_threads(threads)}", count, "1/s", work)


def _small_down(threads: int, count: int) -> Row:
    def work(connect: Connect, number: int) -> None:
        _in_threads(connect, threads, count, lambda client, each: client.download(BUCKET, f"{number}/{each}"))

    return Row(f"4 KiB down, {_threads(threads)}", count, "1/s", work)


def _list(connect: Connect, _: int) -> None:
    _expect(connect().count(LISTED), _OBJECTS)


def _in_threads(connect: Connect, threads: int, count: int, action: Callable[[Client, int], object]) -> None:
    """`action` for each number below `count`, each thread with a client of its own."""
    own = threading.local()

    def act(number: int) -> None:
        if not hasattr(own, "client"):
            own.client = connect()
        action(own.client, number)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(act, range(count)):
            pass


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


def _expect(found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"{found} came of {expected}")


# A download of small objects follows the upload that makes them.
ROWS = (
    Row("64 MiB up, 8 MiB chunks", 64, "MiB/s", _chunked),
    Row("64 MiB up, one shot", 64, "MiB/s", _one_shot),
    Row("64 MiB down", 64, "MiB/s", _down),
    _small_up(threads=1, count=400),
    _small_down(threads=1, count=400),
    _small_up(threads=8, count=400),
    _small_down(threads=8, count=400),
    Row(f"list {_OBJECTS:,} objects", _OBJECTS, "1/s", _list),
)
