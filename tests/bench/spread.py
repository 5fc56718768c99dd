"""Times of one thing, done many times."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Seconds, sorted."""

    seconds: Sequence[float]

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * 0.99))]


def measure(*actions: Callable[[], object], rounds: int) -> list[Spread]:
    """Each action `rounds` times, in turn, so that a slow moment of the machine meets all of them."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, found in zip(actions, times, strict=True):
            began = time.perf_counter()
            action()
            found.append(time.perf_counter() - began)
    return [Spread(sorted(found)) for found in times]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
