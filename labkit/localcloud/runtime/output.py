"""What a process said last, for the message that tells why it failed."""

from __future__ import annotations

from collections import deque

_LINES = 60
_CHARACTERS = 4000
_SHOWN_WITHOUT_TRACEBACK = 15


class Tail:
    """The last lines of an output, bounded in lines and in length."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)

    def add(self, line: str) -> None:
        self._lines.append(line[-_CHARACTERS:])

    def text(self) -> str:
        """The last traceback and what follows it; without one, the last lines."""
        lines = list(self._lines)
        starts = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
        shown = lines[starts[-1] :] if starts else lines[-_SHOWN_WITHOUT_TRACEBACK:]
        return "\n".join(shown)[-_CHARACTERS:]
