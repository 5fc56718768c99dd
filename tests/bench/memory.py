"""What the server holds in memory: at the start, and after it has worked."""

import os
import tempfile
from pathlib import Path

import psutil

_MIB = 1024 * 1024


def at_start(server: psutil.Process) -> tuple[str, ...]:
    return _row("server's memory at the start", server)


def after_work(server: psutil.Process, connected) -> tuple[str, ...]:
    """After what was measured before this, and a large object through the server both ways."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large"
        with path.open("wb") as file:
            for _ in range(256):
                file.write(os.urandom(_MIB))
        blob = connected.storage().create_bucket(f"{connected.project}-bench").blob("large")
        blob.upload_from_filename(path)
        blob.download_to_filename(path)
    return _row("after Vertex AI over gRPC, and 256 MiB up and down", server)


def _row(what: str, server: psutil.Process) -> tuple[str, ...]:
    return what, f"{server.memory_info().rss / _MIB:.0f} MiB", "", "", "", "", "< 150 MB"
