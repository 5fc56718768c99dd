"""Room kept on the disk: where not a byte is free, SQLite cannot even write down that an object was deleted."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_SIZE = 1024 * 1024  # many times what SQLite's log needs for a deletion
_PIECE = bytes(64 * 1024)


class Ballast:
    """A file of nothing, given up where the disk is full and taken back from what a deletion frees."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """Something can be written meanwhile, even on a full disk."""
        if shutil.disk_usage(self._path.parent).free >= _SIZE:
            yield
            return
        self.release()
        try:
            yield
        finally:
            self.restore()

    def release(self) -> None:
        self._path.unlink(missing_ok=True)

    def restore(self) -> None:
        """As large again as it was, or as the disk allows: uploads must not take the rest."""
        with contextlib.suppress(OSError), self._path.open("ab", buffering=0) as file:
            while file.tell() < _SIZE:
                file.write(_PIECE)
            os.fsync(file.fileno())
