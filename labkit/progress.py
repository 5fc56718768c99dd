"""What a student has reached in a lab, on disk: it survives a kernel's restart, and nothing overwrites it by halves."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from filelock import FileLock

from labkit.checking.result import Result
from labkit.checking.verdict import Outcome
from labkit.localcloud.core.clock import Clock

_SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """The best result of one exercise so far. `at` is UTC, in ISO 8601."""

    outcome: Outcome
    earned: int
    at: str


class ProgressSetAside(UserWarning):
    """A progress file could not be read; it was renamed, not deleted."""


class Progress:
    """Best results by exercise, in the file `path`.

    Points once earned stay: after the clean-up a bucket's check fails, and that is no reason to take its points back.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def entries(self) -> dict[str, Entry]:
        """Each exercise's entry; empty at the start, and after a file that could not be read was set aside."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            return _parse(text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._set_aside(error)
            return {}

    def record(self, result: Result) -> None:
        """Keeps `result` unless an earlier one earned more, or passed."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Two notebooks of one student may check at the same time.
        with FileLock(self._path.with_suffix(".lock")):
            entries = self.entries()
            before = entries.get(result.exercise)
            if before and (before.outcome == "passed" or before.earned > result.earned):
                return
            entries[result.exercise] = Entry(result.outcome, result.earned, self._clock.now().isoformat())
            self._write(entries)

    def _write(self, entries: Mapping[str, Entry]) -> None:
        content = {"schema": _SCHEMA, "exercises": {name: asdict(entry) for name, entry in entries.items()}}
        beside = self._path.with_suffix(".part")
        beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(beside, self._path)  # noqa: PTH105 - atomic, also over an existing file on Windows.

    def _set_aside(self, error: Exception) -> None:
        kept = self._path.with_suffix(f".broken-{self._clock.now():%Y%m%dT%H%M%S}.json")
        os.replace(self._path, kept)  # noqa: PTH105
        warnings.warn(
            f"The progress file could not be read ({type(error).__name__}: {error}). It is kept as {kept}; "
            "progress starts anew. Run your checks again to fill it.",
            ProgressSetAside,
            stacklevel=3,
        )


def _parse(text: str) -> dict[str, Entry]:
    content = json.loads(text)
    if content["schema"] != _SCHEMA:
        raise ValueError(f"schema {content['schema']!r} instead of {_SCHEMA}")
    entries = {name: Entry(**fields) for name, fields in content["exercises"].items()}
    for entry in entries.values():
        if entry.outcome not in get_args(Outcome):
            raise ValueError(f"outcome {entry.outcome!r}")
    return entries
