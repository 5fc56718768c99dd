"""A local cloud of its own for one run: empty at the start, stopped and deleted at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from labkit import settings
from labkit.cloud import daemon
from labkit.localcloud.edge import environment


@dataclass(frozen=True)
class Fresh:
    """`environment` is for the process that will use the cloud; `folder` is an empty one to work in."""

    environment: dict[str, str]
    folder: Path


@contextmanager
def fresh_cloud() -> Iterator[Fresh]:
    """An empty local cloud, headless. Its server starts when a notebook first connects to it."""
    with TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True) as name:
        home, folder = Path(name) / "home", Path(name) / "work"
        folder.mkdir()
        # Whoever calls this may work on another local cloud, or have settings of their own: neither counts here.
        inherited = {key: value for key, value in environment.restore(os.environ).items() if not _is_ours(key)}
        variables = {**inherited, "LABKIT_CLOUD": settings.LOCAL, "LABKIT_HOME": str(home), "LABKIT_AUTO": "1"}
        try:
            yield Fresh(variables, folder)
        finally:
            daemon(settings.load(variables)).stop()


def _is_ours(variable: str) -> bool:
    return variable.startswith("LABKIT_")
