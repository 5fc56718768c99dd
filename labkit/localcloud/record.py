"""What the server and those who start it agree on: a small file in the data folder, a header, two exit statuses."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.localcloud.core import private_file

# The header that carries ServerRecord.secret to the administration.
SECRET_HEADER = "X-Labkit-Secret"  # noqa: S105 - a header's name.

# What the server's process ends with where it cannot start.
FOLDER_IN_USE = 3
PORT_IN_USE = 4
OTHER_VERSION = 5

_RUNNING = "server.json"
_STOPPED = "last_server.json"


@dataclass(frozen=True)
class ServerRecord:
    """Written when the server is ready, readable by its owner only.

    `secret` opens the administration; `project` and `zone` are what the metadata server tells.
    """

    pid: int
    port: int
    version: str
    project: str
    zone: str
    secret: str

    def write(self, home: Path) -> None:
        private_file.write(home / _RUNNING, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, home: Path) -> ServerRecord | None:
        """The record of the server that runs or was killed; None after a clean stop and before the first start."""
        return _read(cls, home / _RUNNING)

    @classmethod
    def last_port(cls, home: Path) -> int:
        """The port of the last server, 0 where there was none: started there again, open kernels still reach it."""
        record = _read(cls, home / _RUNNING) or _read(cls, home / _STOPPED)
        return record.port if record else 0

    @staticmethod
    def retire(home: Path) -> None:
        """At a clean stop."""
        if (home / _RUNNING).exists():
            (home / _RUNNING).replace(home / _STOPPED)


def _read(cls: type[ServerRecord], path: Path) -> ServerRecord | None:
    try:
        return cls(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
