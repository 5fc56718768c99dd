"""Faults that are asked for: a teacher's, a test's, or Google's own retry suite's. Without any, a call pays one test.

A rule says which calls it is for and what happens to them; `Faults.record` says what did happen. What a fault does to a
connection is the transports' affair: `wire.faulty_http`, `wire.grpc`.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from fnmatch import fnmatchcase

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.errors import Code

_LONGEST_RECORD = 1000


class Kind(Enum):
    """What a fault does; the value is its name in JSON."""

    ERROR = "error"
    RESET = "reset_connection"
    BROKEN_STREAM = "broken_stream"
    LOST_REPLY = "lost_reply"
    DELAY = "delay"


@dataclass(frozen=True)
class Fault:
    """`http` is for a status without a canonical code, such as 408; 0 is the one that follows from `code`.

    `after_bytes`: an ERROR strikes when so many bytes of an upload have arrived, which are kept; a BROKEN_STREAM when
    so many bytes of a reply have left. `delay`, in seconds, comes before anything else. LOST_REPLY does the work first.
    """

    kind: Kind
    code: Code = Code.UNAVAILABLE
    http: int = 0
    message: str = "A fault that was scripted."
    after_bytes: int = 0
    delay: float = 0.0

    @property
    def status(self) -> int:
        """The HTTP status of an ERROR."""
        return self.http or self.code.http


@dataclass(frozen=True)
class Exchange:
    """A call as rules see it: "storage.googleapis.com", "storage.objects.get", "b/lab-data/o/x.csv".

    `test_id` is what the client wrote into `x-retry-test-id`.
    """

    service: str
    method: str
    resource: str
    test_id: str = ""


@dataclass(frozen=True)
class Rule:
    """Which calls a fault is for. `service`, `method` and `resource` are shell patterns.

    It strikes `times` times, None being without end, each time with `probability`: the same `seed` gives the same run.
    A rule with a `test_id` is for requests that bear it only.
    """

    fault: Fault
    service: str = "*"
    method: str = "*"
    resource: str = "*"
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    test_id: str = ""

    def covers(self, exchange: Exchange) -> bool:
        return (
            (not self.test_id or self.test_id == exchange.test_id)
            and fnmatchcase(exchange.service, self.service)
            and fnmatchcase(exchange.method, self.method)
            and fnmatchcase(exchange.resource, self.resource)
        )


@dataclass
class Script:
    """Rules that are played one after the other: a later one waits until those before it have struck out."""

    id: str
    rules: Sequence[Rule]
    position: int = 0
    struck: int = 0  # how often the rule at `position` did
    chance: random.Random = field(default_factory=random.Random)

    @property
    def is_completed(self) -> bool:
        return self.position >= len(self.rules)

    @property
    def left(self) -> Sequence[Rule]:
        """The rules that have not struck out, the present one first."""
        return self.rules[self.position :]

    def advance(self) -> None:
        """The present rule struck once."""
        self.struck += 1
        if self.struck == self.rules[self.position].times:
            self.position += 1
            self.struck = 0
            self._seed()

    def __post_init__(self) -> None:
        self._seed()

    def _seed(self) -> None:
        if not self.is_completed:
            self.chance.seed(self.rules[self.position].seed)


@dataclass(frozen=True)
class Struck:
    """One line of the record."""

    time: datetime
    script: str
    exchange: Exchange
    fault: Fault


@dataclass(frozen=True)
class Due:
    """A fault that a call is about to meet. Its transport takes it at the moment it strikes."""

    faults: Faults
    script: Script
    rule: Rule
    exchange: Exchange

    @property
    def fault(self) -> Fault:
        return self.rule.fault

    def take(self) -> bool:
        """False where another call took it meanwhile: then nothing may happen to this one."""
        return self.faults.take(self)


class Faults:
    """All scripts that are set. They live as long as the server."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self.scripts: dict[str, Script] = {}
        self.record: deque[Struck] = deque(maxlen=_LONGEST_RECORD)

    def add(self, rules: Sequence[Rule]) -> Script:
        script = Script(self._ids.opaque(), tuple(rules))
        self.scripts[script.id] = script
        return script

    def remove(self, script_id: str) -> bool:
        """False where there is none of that id."""
        return self.scripts.pop(script_id, None) is not None

    def clear(self) -> None:
        """Forget every script and the record."""
        self.scripts.clear()
        self.record.clear()

    def due(self, exchange: Exchange) -> Due | None:
        """What is to happen to a call, by the first script that has something for it."""
        for script in self.scripts.values():
            if script.is_completed:
                continue
            rule = script.left[0]
            if rule.covers(exchange) and script.chance.random() < rule.probability:
                return Due(self, script, rule, exchange)
        return None

    def take(self, due: Due) -> bool:
        script = due.script
        if script.is_completed or script.left[0] is not due.rule:
            return False
        script.advance()
        self.record.append(Struck(self._clock.now(), script.id, due.exchange, due.fault))
        return True
