"""A local cloud of a suite's own, and how another program reaches it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkit import cloud, settings


@dataclass(frozen=True)
class LocalCloud:
    """`environment` redirects Google's clients to it."""

    project: str
    environment: Mapping[str, str]


@contextlib.contextmanager
def running(project: str) -> Iterator[LocalCloud]:
    with tempfile.TemporaryDirectory() as home:
        daemon = cloud.daemon(settings.load({"LABKIT_HOME": home, "LABKIT_PROJECT": project}))
        record = daemon.ensure()
        try:
            yield LocalCloud(project, daemon.environment(os.environ, record))
        finally:
            daemon.stop()
